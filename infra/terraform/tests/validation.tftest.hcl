# A wrong variable is refused before anything is made, by its name.

mock_provider "aws" {
  override_during = plan

  # What a version answers that starts and reaches its tables.
  mock_resource "aws_lambda_invocation" {
    defaults = { result = "{\"statusCode\":401,\"body\":\"{\\\"error_description\\\":\\\"The client is unknown or disabled, or the signature does not match.\\\"}\",\"isAuthorized\":false}" }
  }
  override_resource {
    target = aws_lambda_invocation.check["authorize"]
    values = { result = "{\"statusCode\":400,\"body\":\"<!DOCTYPE html><code>No client is registered with this client_id, or the client is disabled.</code>\"}" }
  }

  override_data {
    target = data.aws_secretsmanager_secret_version.cdn
    values = { secret_string = "{\"v1\":\"11111111111111111111111111111111\",\"v2\":\"22222222222222222222222222222222\"}" }
  }
  override_data {
    target = data.aws_caller_identity.current
    values = { account_id = "111122223333" }
  }
  override_data {
    target = data.aws_partition.current
    values = { partition = "aws" }
  }
  override_data {
    target = data.aws_region.current
    values = { id = "eu-west-1" }
  }
}

variables {
  issue_package      = "versions.tf"
  refresh_package    = "versions.tf"
  authorize_package  = "versions.tf"
  introspect_package = "versions.tf"
  revoke_package     = "versions.tf"
  authorizer_package = "versions.tf"
  subject            = "v2"
  old_keys           = "none"
  route_scopes       = {}
}

run "refuses_a_bad_name" {
  command = plan
  variables {
    name = "Latch_Key"
  }
  expect_failures = [var.name]
}

run "refuses_a_bad_issue_package" {
  command = plan
  variables {
    issue_package = "no/such/file.zip"
  }
  expect_failures = [var.issue_package]
}

run "refuses_a_bad_refresh_package" {
  command = plan
  variables {
    refresh_package = "no/such/file.zip"
  }
  expect_failures = [var.refresh_package]
}

run "refuses_a_bad_authorize_package" {
  command = plan
  variables {
    authorize_package = "no/such/file.zip"
  }
  expect_failures = [var.authorize_package]
}

run "refuses_a_bad_memory_size" {
  command = plan
  variables {
    memory_size = 64
  }
  expect_failures = [var.memory_size]
}

run "refuses_a_bad_issue_reserved_concurrency" {
  command = plan
  variables {
    issue_reserved_concurrency = -2
  }
  expect_failures = [var.issue_reserved_concurrency]
}

run "refuses_a_bad_refresh_reserved_concurrency" {
  command = plan
  variables {
    refresh_reserved_concurrency = 1.5
  }
  expect_failures = [var.refresh_reserved_concurrency]
}

run "refuses_a_bad_live_versions" {
  command = plan
  variables {
    live_versions = { issue = "$LATEST" }
  }
  expect_failures = [var.live_versions]
}

run "refuses_a_bad_log_retention_days" {
  command = plan
  variables {
    log_retention_days = 31
  }
  expect_failures = [var.log_retention_days]
}

run "refuses_a_bad_sealing_key_names" {
  command = plan
  variables {
    sealing_key_names = "v1, v2"
  }
  expect_failures = [var.sealing_key_names]
}

run "refuses_a_bad_access_token_seconds" {
  command = plan
  variables {
    access_token_seconds = 0
  }
  expect_failures = [var.access_token_seconds]
}

run "refuses_a_not_before_in_milliseconds" {
  command = plan
  variables {
    not_before = 1795681215000
  }
  expect_failures = [var.not_before]
}

run "refuses_a_bad_refresh_token_seconds" {
  command = plan
  variables {
    refresh_token_seconds = 31622401
  }
  expect_failures = [var.refresh_token_seconds]
}

run "refuses_a_bad_code_seconds" {
  command = plan
  variables {
    code_seconds = 601
  }
  expect_failures = [var.code_seconds]
}

run "refuses_a_bad_clock_skew_seconds" {
  command = plan
  variables {
    clock_skew_seconds = 3601
  }
  expect_failures = [var.clock_skew_seconds]
}

run "refuses_a_bad_signature_host" {
  command = plan
  variables {
    signature_host = "https://www.oclc.org"
  }
  expect_failures = [var.signature_host]
}

run "refuses_a_bad_signature_port" {
  command = plan
  variables {
    signature_port = 65536
  }
  expect_failures = [var.signature_port]
}

run "refuses_a_bad_signature_path" {
  command = plan
  variables {
    signature_path = "wskey"
  }
  expect_failures = [var.signature_path]
}

run "refuses_a_bad_issue_rate_limit" {
  command = plan
  variables {
    issue_rate_limit = 0
  }
  expect_failures = [var.issue_rate_limit]
}

run "refuses_a_bad_issue_burst_limit" {
  command = plan
  variables {
    issue_burst_limit = 5001
  }
  expect_failures = [var.issue_burst_limit]
}

run "refuses_a_bad_refresh_rate_limit" {
  command = plan
  variables {
    refresh_rate_limit = 10001
  }
  expect_failures = [var.refresh_rate_limit]
}

run "refuses_a_bad_refresh_burst_limit" {
  command = plan
  variables {
    refresh_burst_limit = 2.5
  }
  expect_failures = [var.refresh_burst_limit]
}

run "refuses_a_bad_domain" {
  command = plan
  variables {
    domain = { name = "https://tokens.example.org", certificate_arn = "arn:aws:acm:eu-west-1:111122223333:certificate/c" }
  }
  expect_failures = [var.domain]
}

run "refuses_a_bad_cdn" {
  command = plan
  variables {
    cdn = { secret = "latchkey/cdn", only = false, web_acl_arn = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/acl/id" }
  }
  expect_failures = [var.cdn]
}

run "refuses_a_bad_alarm_topic_arn" {
  command = plan
  variables {
    alarm_topic_arn = "operators@example.org"
  }
  expect_failures = [var.alarm_topic_arn]
}

run "refuses_a_bad_alarm_thresholds" {
  command = plan
  variables {
    alarm_thresholds = { errors = 0 }
  }
  expect_failures = [var.alarm_thresholds]
}

run "refuses_a_sealing_key_named_twice" {
  command = plan
  variables {
    sealing_key_names = "v1,v2,v1"
  }
  expect_failures = [var.sealing_key_names]
}

run "refuses_no_sealing_key" {
  command = plan
  variables {
    sealing_key_names = ""
  }
  expect_failures = [var.sealing_key_names]
}

run "refuses_an_alias_without_certificate" {
  command = plan
  variables {
    cdn = { secret = "latchkey/cdn", only = false, aliases = ["tokens.example.org"] }
  }
  expect_failures = [var.cdn]
}

run "refuses_a_certificate_of_another_region" {
  command = plan
  variables {
    cdn = { secret = "latchkey/cdn", only = false, aliases = ["tokens.example.org"], certificate_arn = "arn:aws:acm:eu-west-1:111122223333:certificate/c" }
  }
  expect_failures = [var.cdn]
}

run "refuses_a_bad_authorize_memory_size" {
  command = plan
  variables {
    authorize_memory_size = 100.5
  }
  expect_failures = [var.authorize_memory_size]
}

run "refuses_a_bad_authorize_reserved_concurrency" {
  command = plan
  variables {
    authorize_reserved_concurrency = -2
  }
  expect_failures = [var.authorize_reserved_concurrency]
}

run "refuses_a_bad_authorize_rate_limit" {
  command = plan
  variables {
    authorize_rate_limit = 0
  }
  expect_failures = [var.authorize_rate_limit]
}

run "refuses_a_bad_authorize_burst_limit" {
  command = plan
  variables {
    authorize_burst_limit = 1.5
  }
  expect_failures = [var.authorize_burst_limit]
}

run "refuses_a_bad_issuer_url" {
  command = plan
  variables {
    issuer_url = "https://tokens.example.org/"
  }
  expect_failures = [var.issuer_url]
}

run "refuses_a_bad_session_seconds" {
  command = plan
  variables {
    session_seconds = 86401
  }
  expect_failures = [var.session_seconds]
}

run "refuses_a_session_shorter_than_a_form" {
  command = plan
  variables {
    session_seconds = 599
  }
  expect_failures = [var.session_seconds]
}

run "refuses_a_device_session_that_no_browser_keeps" {
  command = plan
  variables {
    device_session_seconds = 34560001
  }
  expect_failures = [var.device_session_seconds]
}

run "refuses_a_device_session_shorter_than_a_form" {
  command = plan
  variables {
    device_session_seconds = 599
  }
  expect_failures = [var.device_session_seconds]
}

run "refuses_a_directory_cache_of_more_than_five_minutes" {
  command = plan
  variables {
    directory_cache_seconds = 301
  }
  expect_failures = [var.directory_cache_seconds]
}

run "refuses_a_bad_page_name" {
  command = plan
  variables {
    page_name = " "
  }
  expect_failures = [var.page_name]
}

run "refuses_error_pages_with_a_fragment" {
  command = plan
  variables {
    error_pages = "https://docs.example.org/errors#top"
  }
  expect_failures = [var.error_pages]
}

run "refuses_scopes_that_are_no_list" {
  command = plan
  variables {
    scopes_supported = "WMS_NCIP  WMS_ACQ"
  }
  expect_failures = [var.scopes_supported]
}

run "refuses_too_long_a_list_of_scopes" {
  command = plan
  variables {
    scopes_supported = join("", [for i in range(151) : "ten-octets"])
  }
  expect_failures = [var.scopes_supported]
}

run "refuses_documentation_without_tls" {
  command = plan
  variables {
    service_documentation = "http://docs.example.org"
  }
  expect_failures = [var.service_documentation]
}

run "refuses_a_bad_page_logo_url" {
  command = plan
  variables {
    page_logo_url = "http://www.example.org/logo.svg"
  }
  expect_failures = [var.page_logo_url]
}

run "refuses_a_bad_page_help_url" {
  command = plan
  variables {
    page_help_url = "help@example.org"
  }
  expect_failures = [var.page_help_url]
}

run "refuses_a_bad_page_color" {
  command = plan
  variables {
    page_color = "blue"
  }
  expect_failures = [var.page_color]
}

run "refuses_a_table_that_cannot_exist" {
  command = plan
  variables {
    existing = { users_table = "of mine" }
  }
  expect_failures = [var.existing]
}

run "refuses_a_table_of_records_that_cannot_exist" {
  command = plan
  variables {
    existing = { audit_table = "of mine" }
  }
  expect_failures = [var.existing]
}

run "refuses_an_alias_of_a_key" {
  command = plan
  variables {
    existing = { sealing_key_arn = "arn:aws:kms:eu-west-1:111122223333:alias/latchkey-sealing" }
  }
  expect_failures = [var.existing]
}

run "refuses_an_alias_of_the_pages_key" {
  command = plan
  variables {
    existing = { pages_key_arn = "arn:aws:kms:eu-west-1:111122223333:alias/latchkey-pages" }
  }
  expect_failures = [var.existing]
}

run "refuses_an_alias_of_the_key_of_pushed_requests" {
  command = plan
  variables {
    existing = { requests_key_arn = "arn:aws:kms:eu-west-1:111122223333:alias/latchkey-requests" }
  }
  expect_failures = [var.existing]
}

run "refuses_one_key_for_two_sets_of_functions" {
  command = plan
  variables {
    existing = {
      sealing_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/one"
      pages_key_arn   = "arn:aws:kms:eu-west-1:111122223333:key/one"
    }
  }
  expect_failures = [var.existing]
}

run "refuses_a_deployment_that_does_not_choose_what_old_keys_do" {
  command = plan
  variables {
    old_keys = ""
  }
  expect_failures = [var.old_keys]
}

run "refuses_a_bad_old_keys" {
  command = plan
  variables {
    old_keys = "all"
  }
  expect_failures = [var.old_keys]
}

run "refuses_replicas_of_a_given_key" {
  command = plan
  variables {
    multi_region_key = true
    existing = {
      sealing_key_arn  = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1"
      pages_key_arn    = "arn:aws:kms:eu-west-1:111122223333:key/mrk-2"
      requests_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/mrk-3"
    }
  }
  expect_failures = [var.multi_region_key]
}

run "refuses_a_bad_zone" {
  command = plan
  variables {
    domain = { name = "tokens.example.org", certificate_arn = "arn:aws:acm:eu-west-1:111122223333:certificate/c", zone_id = "example.org" }
  }
  expect_failures = [var.domain]
}

run "refuses_a_bad_alias" {
  command = plan
  variables {
    cdn = { secret = "latchkey/cdn", only = false, aliases = ["https://tokens.example.org"], certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/c" }
  }
  expect_failures = [var.cdn]
}

run "refuses_a_zone_without_alias" {
  command = plan
  variables {
    cdn = { secret = "latchkey/cdn", only = false, zone_id = "Z0000000000000" }
  }
  expect_failures = [var.cdn]
}

run "refuses_a_bad_introspect_package" {
  command = plan
  variables {
    introspect_package = "no/such/file.zip"
  }
  expect_failures = [var.introspect_package]
}

run "refuses_a_bad_introspect_reserved_concurrency" {
  command = plan
  variables {
    introspect_reserved_concurrency = -2
  }
  expect_failures = [var.introspect_reserved_concurrency]
}

run "refuses_a_bad_revoke_package" {
  command = plan
  variables {
    revoke_package = "no/such/file.zip"
  }
  expect_failures = [var.revoke_package]
}

run "refuses_a_bad_revoke_reserved_concurrency" {
  command = plan
  variables {
    revoke_reserved_concurrency = -2
  }
  expect_failures = [var.revoke_reserved_concurrency]
}

run "refuses_a_bad_authorizer_package" {
  command = plan
  variables {
    authorizer_package = "no/such/file.zip"
  }
  expect_failures = [var.authorizer_package]
}

run "refuses_a_bad_authorizer_reserved_concurrency" {
  command = plan
  variables {
    authorizer_reserved_concurrency = -2
  }
  expect_failures = [var.authorizer_reserved_concurrency]
}

run "refuses_a_bad_introspect_rate_limit" {
  command = plan
  variables {
    introspect_rate_limit = 0
  }
  expect_failures = [var.introspect_rate_limit]
}

run "refuses_a_bad_introspect_burst_limit" {
  command = plan
  variables {
    introspect_burst_limit = 1.5
  }
  expect_failures = [var.introspect_burst_limit]
}

run "refuses_a_bad_revoke_rate_limit" {
  command = plan
  variables {
    revoke_rate_limit = 0
  }
  expect_failures = [var.revoke_rate_limit]
}

run "refuses_a_bad_revoke_burst_limit" {
  command = plan
  variables {
    revoke_burst_limit = 1.5
  }
  expect_failures = [var.revoke_burst_limit]
}

run "refuses_a_bad_alias_rate_limit" {
  command = plan
  variables {
    alias_rate_limit = 0
  }
  expect_failures = [var.alias_rate_limit]
}

run "refuses_a_bad_alias_burst_limit" {
  command = plan
  variables {
    alias_burst_limit = 1.5
  }
  expect_failures = [var.alias_burst_limit]
}

run "refuses_a_bad_route_scopes" {
  command = plan
  variables {
    route_scopes = { "/loans" = "WMS_NCIP" }
  }
  expect_failures = [var.route_scopes]
}

run "refuses_a_route_with_a_final_slash" {
  command = plan
  variables {
    route_scopes = { "GET /loans/" = "WMS_NCIP" }
  }
  expect_failures = [var.route_scopes]
}

run "takes_every_kind_of_route" {
  command = plan
  variables {
    route_scopes = { "GET /" = "A", "ANY /loans/{id}" = "B", "ANY /orders/{proxy+}" = "C", "$default" = "D", "*" = "" }
  }
}

run "takes_routes_of_one_api" {
  command = plan
  variables {
    route_scopes = { "a1b2c3d4e5 GET /loans/{id}" = "A", "a1b2c3d4e5 $default" = "B", "b1b2c3d4e5 *" = "" }
  }
}

run "refuses_a_route_of_no_api" {
  command = plan
  variables {
    route_scopes = { "A1 GET /loans" = "A" }
  }
  expect_failures = [var.route_scopes]
}

run "refuses_an_update_whose_route_scopes_are_still_empty" {
  command = plan
  variables {
    route_scopes = null
  }
  expect_failures = [var.route_scopes]
}

run "takes_route_scopes_that_open_every_route_by_name" {
  command = plan
  variables {
    route_scopes = { "*" = "" }
  }
}

run "refuses_a_domain_beside_a_cdn" {
  command = plan
  variables {
    domain = { name = "api.example.org", certificate_arn = "arn:aws:acm:eu-west-1:111122223333:certificate/c" }
    cdn    = { secret = "latchkey/cdn", only = false }
  }
  expect_failures = [var.domain]
}

run "refuses_a_cdn_without_a_secret" {
  command = plan
  variables {
    cdn = { only = false }
  }
  expect_failures = [var.cdn]
}

run "refuses_the_arn_of_a_cdns_secret" {
  command = plan
  variables {
    cdn = { secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:latchkey/cdn-a1B2c3", only = false }
  }
  expect_failures = [var.cdn]
}

run "refuses_a_bad_key_of_a_cdns_secret" {
  command = plan
  variables {
    cdn = { secret = "latchkey/cdn", secret_key_too = "v 2", only = false }
  }
  expect_failures = [var.cdn]
}

run "refuses_to_close_the_address_that_pages_would_name" {
  command = plan
  variables {
    cdn = { secret = "latchkey/cdn" }
  }
  expect_failures = [var.cdn]
}

run "refuses_a_bad_token_cache_seconds" {
  command = plan
  variables {
    token_cache_seconds = 3601
  }
  expect_failures = [var.token_cache_seconds]
}

run "refuses_a_deployment_that_chooses_no_subject" {
  command = plan
  variables {
    subject = ""
  }
  expect_failures = [var.subject]
}

run "refuses_a_bad_subject" {
  command = plan
  variables {
    subject = "V2"
  }
  expect_failures = [var.subject]
}
