# What is asked for, read from a plan. No account, no network: the provider is a mock.

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

  override_resource {
    target = aws_dynamodb_table.clients
    values = { arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-clients" }
  }
  override_resource {
    target = aws_dynamodb_table.tokens
    values = { arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-tokens" }
  }
  override_resource {
    target = aws_dynamodb_table.users
    values = { arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-users" }
  }
  override_resource {
    target = aws_kms_key.sealing
    values = { arn = "arn:aws:kms:eu-west-1:111122223333:key/sealing", key_id = "sealing" }
  }
  override_resource {
    target = aws_kms_key.pages
    values = { arn = "arn:aws:kms:eu-west-1:111122223333:key/pages", key_id = "pages" }
  }
  override_resource {
    target = aws_kms_key.requests
    values = { arn = "arn:aws:kms:eu-west-1:111122223333:key/requests", key_id = "requests" }
  }
  override_resource {
    target = aws_cloudwatch_log_group.function["issue"]
    values = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-issue" }
  }
  override_resource {
    target = aws_cloudwatch_log_group.function["refresh"]
    values = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-refresh" }
  }
  override_resource {
    target = aws_cloudwatch_log_group.function["authorize"]
    values = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-authorize" }
  }
  override_resource {
    target = aws_cloudwatch_log_group.function["introspect"]
    values = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-introspect" }
  }
  override_resource {
    target = aws_cloudwatch_log_group.function["revoke"]
    values = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-revoke" }
  }
  override_resource {
    target = aws_cloudwatch_log_group.function["authorizer"]
    values = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-authorizer" }
  }
  override_resource {
    target = aws_apigatewayv2_api.api
    values = {
      id            = "api"
      api_endpoint  = "https://api.execute-api.eu-west-1.amazonaws.com"
      execution_arn = "arn:aws:execute-api:eu-west-1:111122223333:api"
    }
  }
  override_resource {
    target = aws_apigatewayv2_stage.default
    values = { invoke_url = "https://api.execute-api.eu-west-1.amazonaws.com/" }
  }
  override_resource {
    target = aws_apigatewayv2_integration.function["issue"]
    values = { id = "to-issue" }
  }
  override_resource {
    target = aws_apigatewayv2_integration.function["refresh"]
    values = { id = "to-refresh" }
  }
  override_resource {
    target = aws_apigatewayv2_integration.function["authorize"]
    values = { id = "to-authorize" }
  }
  override_resource {
    target = aws_apigatewayv2_integration.function["introspect"]
    values = { id = "to-introspect" }
  }
  override_resource {
    target = aws_apigatewayv2_integration.function["revoke"]
    values = { id = "to-revoke" }
  }
  override_resource {
    target = aws_lambda_alias.live["issue"]
    values = { invoke_arn = "arn:invoke:issue:live" }
  }
  override_resource {
    target = aws_lambda_alias.live["refresh"]
    values = { invoke_arn = "arn:invoke:refresh:live" }
  }
  override_resource {
    target = aws_lambda_alias.live["authorize"]
    values = { invoke_arn = "arn:invoke:authorize:live" }
  }
  override_resource {
    target = aws_lambda_alias.live["introspect"]
    values = { arn = "arn:introspect:live", invoke_arn = "arn:invoke:introspect:live" }
  }
  override_resource {
    target = aws_lambda_alias.live["revoke"]
    values = { arn = "arn:revoke:live", invoke_arn = "arn:invoke:revoke:live" }
  }
  override_resource {
    target = aws_lambda_alias.live["authorizer"]
    values = { arn = "arn:authorizer:live", invoke_arn = "arn:invoke:authorizer:live" }
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
  # Any file will do: a mock does not look into it.
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

run "tables_keep_what_they_hold_and_tokens_expire" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.clients[0].hash_key == "client_id" && aws_dynamodb_table.clients[0].range_key == null
    error_message = "clients are not keyed by client_id"
  }
  assert {
    condition     = aws_dynamodb_table.tokens[0].hash_key == "grant_id" && aws_dynamodb_table.tokens[0].range_key == "part"
    error_message = "tokens are not keyed by grant_id and part"
  }
  assert {
    condition     = [for index in aws_dynamodb_table.tokens[0].global_secondary_index : [index.name, index.hash_key, index.range_key, index.projection_type]] == [["holder", "holder", "created_at", "KEYS_ONLY"]]
    error_message = "tokens have no index of keys by holder and created_at"
  }
  assert {
    condition = alltrue([for table in [aws_dynamodb_table.clients[0], aws_dynamodb_table.users[0], aws_dynamodb_table.audit[0]] :
      length(table.global_secondary_index) == 0
    ])
    error_message = "a table besides that of tokens has an index"
  }
  assert {
    condition     = aws_dynamodb_table.users[0].hash_key == "institution_id" && aws_dynamodb_table.users[0].range_key == "username"
    error_message = "users are not keyed by institution_id and username"
  }
  assert {
    condition     = aws_dynamodb_table.audit[0].hash_key == "day" && aws_dynamodb_table.audit[0].range_key == "moment"
    error_message = "records are not keyed by day and moment"
  }
  assert {
    condition = alltrue([for table in [aws_dynamodb_table.tokens[0], aws_dynamodb_table.users[0], aws_dynamodb_table.audit[0]] :
      table.ttl[0].attribute_name == "expires_at" && table.ttl[0].enabled
    ])
    error_message = "tokens, attempts or records do not expire by expires_at"
  }
  assert {
    condition     = length(aws_dynamodb_table.clients[0].ttl) == 0
    error_message = "clients must not expire"
  }
  assert {
    condition = alltrue([for table in [aws_dynamodb_table.clients[0], aws_dynamodb_table.tokens[0], aws_dynamodb_table.users[0], aws_dynamodb_table.audit[0]] :
      table.billing_mode == "PAY_PER_REQUEST" && table.deletion_protection_enabled
      && table.point_in_time_recovery[0].enabled && table.server_side_encryption[0].enabled
    ])
    error_message = "a table is not on demand, protected, recoverable and encrypted"
  }
}

run "the_keys_only_make_macs" {
  command = plan

  assert {
    condition     = alltrue([for key in [aws_kms_key.sealing[0], aws_kms_key.pages[0], aws_kms_key.requests[0]] : key.customer_master_key_spec == "HMAC_256" && key.key_usage == "GENERATE_VERIFY_MAC" && !key.multi_region])
    error_message = "a key is not an HMAC key"
  }
  assert {
    condition     = alltrue([for key in [aws_kms_key.sealing[0], aws_kms_key.pages[0], aws_kms_key.requests[0]] : key.deletion_window_in_days == 30])
    error_message = "a key can be deleted too soon"
  }
}

run "functions_are_built_for_arm_and_traced" {
  command = plan

  assert {
    condition     = { for key, function in aws_lambda_function.function : key => function.function_name } == { issue = "latchkey-issue", refresh = "latchkey-refresh", authorize = "latchkey-authorize", introspect = "latchkey-introspect", revoke = "latchkey-revoke", authorizer = "latchkey-authorizer" }
    error_message = "the functions have other names"
  }
  assert {
    condition = alltrue([for function in aws_lambda_function.function :
      function.architectures[0] == "arm64" && function.runtime == "provided.al2023" && function.handler == "bootstrap"
      && function.timeout == 10 && function.publish
      && function.reserved_concurrent_executions == -1 && function.tracing_config[0].mode == "Active"
    ])
    error_message = "a function is not what was asked for"
  }
  assert {
    condition     = { for key, function in aws_lambda_function.function : key => function.memory_size } == { issue = 256, refresh = 256, authorize = 512, introspect = 256, revoke = 256, authorizer = 256 }
    error_message = "a function has another memory"
  }
  assert {
    condition     = alltrue([for alias in aws_lambda_alias.live : alias.name == "live"])
    error_message = "the alias is not live"
  }
  assert {
    condition     = { for key, group in aws_cloudwatch_log_group.function : key => "${group.name} ${group.retention_in_days}" } == { issue = "/aws/lambda/latchkey-issue 30", refresh = "/aws/lambda/latchkey-refresh 30", authorize = "/aws/lambda/latchkey-authorize 30", introspect = "/aws/lambda/latchkey-introspect 30", revoke = "/aws/lambda/latchkey-revoke 30", authorizer = "/aws/lambda/latchkey-authorizer 30" }
    error_message = "the log groups are not the functions' own, or keep their lines for ever"
  }
}

run "the_environment_is_complete_and_nothing_else" {
  command = plan

  assert {
    condition = alltrue([for key, function in aws_lambda_function.function : function.environment[0].variables == tomap({
      # generated: environment asked for
      LATCHKEY_CLIENTS_TABLE           = "latchkey-clients"
      LATCHKEY_TOKENS_TABLE            = "latchkey-tokens"
      LATCHKEY_USERS_TABLE             = "latchkey-users"
      LATCHKEY_SEALING_KMS_KEY         = "arn:aws:kms:eu-west-1:111122223333:key/sealing"
      LATCHKEY_PAGES_KMS_KEY           = "arn:aws:kms:eu-west-1:111122223333:key/pages"
      LATCHKEY_REQUESTS_KMS_KEY        = "arn:aws:kms:eu-west-1:111122223333:key/requests"
      LATCHKEY_SEALING_KEY_NAMES       = "v1"
      LATCHKEY_OLD_KEYS                = "none"
      LATCHKEY_ACCESS_TOKEN_SECONDS    = "1200"
      LATCHKEY_REFRESH_TOKEN_SECONDS   = "86400"
      LATCHKEY_CODE_SECONDS            = "600"
      LATCHKEY_SUBJECT                 = "v2"
      LATCHKEY_NOT_BEFORE              = "0"
      LATCHKEY_CHECK_TOKEN_CLIENT      = "false"
      LATCHKEY_CLOCK_SKEW_SECONDS      = "300"
      LATCHKEY_SIGNATURE_HOST          = "www.oclc.org"
      LATCHKEY_SIGNATURE_PORT          = "443"
      LATCHKEY_SIGNATURE_PATH          = "/wskey"
      LATCHKEY_ISSUER                  = ""
      LATCHKEY_ERROR_PAGES             = ""
      LATCHKEY_SESSION_SECONDS         = "3600"
      LATCHKEY_DEVICE_SESSION_SECONDS  = "2592000"
      LATCHKEY_DIRECTORY_CACHE_SECONDS = "0"
      LATCHKEY_TRUSTED_PROXIES         = "0"
      LATCHKEY_PROXY_SECRETS           = ""
      LATCHKEY_PAGE_NAME               = "Latchkey"
      LATCHKEY_PAGE_LOGO_URL           = ""
      LATCHKEY_PAGE_COLOR              = "#1f4e8c"
      LATCHKEY_PAGE_HELP_URL           = ""
      LATCHKEY_SCOPES_SUPPORTED        = ""
      LATCHKEY_SERVICE_DOCUMENTATION   = ""
      # end of environment asked for
    }) if key != "authorizer"])
    error_message = "the environment is not the one that the functions read"
  }
  assert {
    condition = aws_lambda_function.function["authorizer"].environment[0].variables == tomap({
      # generated: environment of the authorizer asked for
      LATCHKEY_CLIENTS_TABLE       = "latchkey-clients"
      LATCHKEY_TOKENS_TABLE        = "latchkey-tokens"
      LATCHKEY_SUBJECT             = "v2"
      LATCHKEY_NOT_BEFORE          = "0"
      LATCHKEY_CHECK_TOKEN_CLIENT  = "false"
      LATCHKEY_ROUTE_SCOPES        = "{}"
      LATCHKEY_TOKEN_CACHE_SECONDS = "0"
      # end of environment of the authorizer asked for
    })
    error_message = "the authorizer is told of more than tokens"
  }
}

run "variables_reach_the_functions" {
  command = plan

  variables {
    name                            = "second"
    memory_size                     = 512
    authorize_memory_size           = 1024
    tracing                         = false
    issuer_url                      = "https://id.example.org"
    session_seconds                 = 600
    device_session_seconds          = 86400
    directory_cache_seconds         = 60
    page_name                       = "Example Library"
    page_logo_url                   = "https://www.example.org/logo.svg"
    page_color                      = "#aa0000"
    sealing_key_names               = "v2,v1"
    access_token_seconds            = 600
    refresh_token_seconds           = 604800
    code_seconds                    = 60
    clock_skew_seconds              = 120
    signature_host                  = "sign.example.org"
    signature_port                  = 8443
    signature_path                  = "/key"
    issue_reserved_concurrency      = 20
    refresh_reserved_concurrency    = 40
    authorize_reserved_concurrency  = 60
    introspect_reserved_concurrency = 70
    revoke_reserved_concurrency     = 80
    authorizer_reserved_concurrency = 90
    route_scopes                    = { "GET /loans/{id}" = "WMS_NCIP" }
    token_cache_seconds             = 60
    subject                         = "legacy"
    old_keys                        = "open"
    not_before                      = 1795681215
    check_token_client              = true
    live_versions                   = { issue = "7" }
  }

  assert {
    condition = alltrue([for key, function in aws_lambda_function.function :
      function.tracing_config[0].mode == "PassThrough"
      && function.environment[0].variables.LATCHKEY_ISSUER == "https://id.example.org"
      && function.environment[0].variables.LATCHKEY_SESSION_SECONDS == "600"
      && function.environment[0].variables.LATCHKEY_DEVICE_SESSION_SECONDS == "86400"
      && function.environment[0].variables.LATCHKEY_DIRECTORY_CACHE_SECONDS == "60"
      && function.environment[0].variables.LATCHKEY_PAGE_NAME == "Example Library"
      && function.environment[0].variables.LATCHKEY_PAGE_LOGO_URL == "https://www.example.org/logo.svg"
      && function.environment[0].variables.LATCHKEY_PAGE_COLOR == "#aa0000"
      && function.environment[0].variables.LATCHKEY_USERS_TABLE == "second-users"
      && function.environment[0].variables.LATCHKEY_CLIENTS_TABLE == "second-clients"
      && function.environment[0].variables.LATCHKEY_TOKENS_TABLE == "second-tokens"
      && function.environment[0].variables.LATCHKEY_SEALING_KEY_NAMES == "v2,v1"
      && function.environment[0].variables.LATCHKEY_ACCESS_TOKEN_SECONDS == "600"
      && function.environment[0].variables.LATCHKEY_REFRESH_TOKEN_SECONDS == "604800"
      && function.environment[0].variables.LATCHKEY_CODE_SECONDS == "60"
      && function.environment[0].variables.LATCHKEY_SUBJECT == "legacy"
      && function.environment[0].variables.LATCHKEY_NOT_BEFORE == "1795681215"
      && function.environment[0].variables.LATCHKEY_CHECK_TOKEN_CLIENT == "true"
      && function.environment[0].variables.LATCHKEY_CLOCK_SKEW_SECONDS == "120"
      && function.environment[0].variables.LATCHKEY_SIGNATURE_HOST == "sign.example.org"
      && function.environment[0].variables.LATCHKEY_SIGNATURE_PORT == "8443"
      && function.environment[0].variables.LATCHKEY_SIGNATURE_PATH == "/key"
      if key != "authorizer"
    ])
    error_message = "a variable does not reach the functions"
  }
  assert {
    condition = aws_lambda_function.function["authorizer"].environment[0].variables == tomap({
      LATCHKEY_CLIENTS_TABLE       = "second-clients"
      LATCHKEY_TOKENS_TABLE        = "second-tokens"
      LATCHKEY_SUBJECT             = "legacy"
      LATCHKEY_NOT_BEFORE          = "1795681215"
      LATCHKEY_CHECK_TOKEN_CLIENT  = "true"
      LATCHKEY_ROUTE_SCOPES        = "{\"GET /loans/{id}\":\"WMS_NCIP\"}"
      LATCHKEY_TOKEN_CACHE_SECONDS = "60"
    })
    error_message = "a variable does not reach the authorizer"
  }
  assert {
    condition     = { for key, function in aws_lambda_function.function : key => function.reserved_concurrent_executions } == { issue = 20, refresh = 40, authorize = 60, introspect = 70, revoke = 80, authorizer = 90 }
    error_message = "reserved concurrency does not reach the functions"
  }
  assert {
    condition     = { for key, function in aws_lambda_function.function : key => function.memory_size } == { issue = 512, refresh = 512, authorize = 1024, introspect = 512, revoke = 512, authorizer = 512 }
    error_message = "memory does not reach the functions"
  }
  assert {
    condition     = aws_lambda_alias.live["issue"].function_version == "7"
    error_message = "a roll-back does not reach the alias"
  }
}

run "each_route_has_its_function_and_its_throttle" {
  command = plan

  variables {
    issue_rate_limit       = 11
    issue_burst_limit      = 12
    refresh_rate_limit     = 21
    refresh_burst_limit    = 22
    authorize_rate_limit   = 31
    authorize_burst_limit  = 32
    introspect_rate_limit  = 41
    introspect_burst_limit = 42
    revoke_rate_limit      = 51
    revoke_burst_limit     = 52
    alias_rate_limit       = 61
    alias_burst_limit      = 62
  }

  assert {
    condition = { for key, route in aws_apigatewayv2_route.function : key => "${route.route_key} -> ${route.target}" } == {
      # generated: routes asked for
      "POST /oauth2/accessToken"                        = "POST /oauth2/accessToken -> integrations/to-issue"
      "OPTIONS /oauth2/accessToken"                     = "OPTIONS /oauth2/accessToken -> integrations/to-issue"
      "POST /oauth2/device_authorization"               = "POST /oauth2/device_authorization -> integrations/to-issue"
      "POST /oauth2/par"                                = "POST /oauth2/par -> integrations/to-issue"
      "OPTIONS /oauth2/par"                             = "OPTIONS /oauth2/par -> integrations/to-issue"
      "POST /oauth2/refreshToken"                       = "POST /oauth2/refreshToken -> integrations/to-refresh"
      "GET /oauth2/authorizeCode"                       = "GET /oauth2/authorizeCode -> integrations/to-authorize"
      "HEAD /oauth2/authorizeCode"                      = "HEAD /oauth2/authorizeCode -> integrations/to-authorize"
      "POST /oauth2/authorizeCode"                      = "POST /oauth2/authorizeCode -> integrations/to-authorize"
      "GET /oauth2/callback"                            = "GET /oauth2/callback -> integrations/to-authorize"
      "HEAD /oauth2/callback"                           = "HEAD /oauth2/callback -> integrations/to-authorize"
      "GET /oauth2/signOut"                             = "GET /oauth2/signOut -> integrations/to-authorize"
      "HEAD /oauth2/signOut"                            = "HEAD /oauth2/signOut -> integrations/to-authorize"
      "POST /oauth2/signOut"                            = "POST /oauth2/signOut -> integrations/to-authorize"
      "GET /oauth2/applications"                        = "GET /oauth2/applications -> integrations/to-authorize"
      "HEAD /oauth2/applications"                       = "HEAD /oauth2/applications -> integrations/to-authorize"
      "POST /oauth2/applications"                       = "POST /oauth2/applications -> integrations/to-authorize"
      "GET /oauth2/device"                              = "GET /oauth2/device -> integrations/to-authorize"
      "HEAD /oauth2/device"                             = "HEAD /oauth2/device -> integrations/to-authorize"
      "POST /oauth2/device"                             = "POST /oauth2/device -> integrations/to-authorize"
      "GET /oauth2/style.css"                           = "GET /oauth2/style.css -> integrations/to-authorize"
      "HEAD /oauth2/style.css"                          = "HEAD /oauth2/style.css -> integrations/to-authorize"
      "POST /oauth2/introspect"                         = "POST /oauth2/introspect -> integrations/to-introspect"
      "GET /.well-known/oauth-authorization-server"     = "GET /.well-known/oauth-authorization-server -> integrations/to-introspect"
      "HEAD /.well-known/oauth-authorization-server"    = "HEAD /.well-known/oauth-authorization-server -> integrations/to-introspect"
      "OPTIONS /.well-known/oauth-authorization-server" = "OPTIONS /.well-known/oauth-authorization-server -> integrations/to-introspect"
      "POST /oauth2/revoke"                             = "POST /oauth2/revoke -> integrations/to-revoke"
      "PUT /oauth2/revoke"                              = "PUT /oauth2/revoke -> integrations/to-revoke"
      "OPTIONS /oauth2/revoke"                          = "OPTIONS /oauth2/revoke -> integrations/to-revoke"
      "POST /token"                                     = "POST /token -> integrations/to-issue"
      "OPTIONS /token"                                  = "OPTIONS /token -> integrations/to-issue"
      "POST /oauth2/token"                              = "POST /oauth2/token -> integrations/to-issue"
      "OPTIONS /oauth2/token"                           = "OPTIONS /oauth2/token -> integrations/to-issue"
      "GET /authorize"                                  = "GET /authorize -> integrations/to-authorize"
      "HEAD /authorize"                                 = "HEAD /authorize -> integrations/to-authorize"
      "GET /oauth2/authorize"                           = "GET /oauth2/authorize -> integrations/to-authorize"
      "HEAD /oauth2/authorize"                          = "HEAD /oauth2/authorize -> integrations/to-authorize"
      "POST /introspect"                                = "POST /introspect -> integrations/to-introspect"
      "POST /revoke"                                    = "POST /revoke -> integrations/to-revoke"
      "PUT /revoke"                                     = "PUT /revoke -> integrations/to-revoke"
      "OPTIONS /revoke"                                 = "OPTIONS /revoke -> integrations/to-revoke"
      "GET /.well-known/openid-configuration"           = "GET /.well-known/openid-configuration -> integrations/to-introspect"
      "HEAD /.well-known/openid-configuration"          = "HEAD /.well-known/openid-configuration -> integrations/to-introspect"
      "OPTIONS /.well-known/openid-configuration"       = "OPTIONS /.well-known/openid-configuration -> integrations/to-introspect"
      # end of routes asked for
    }
    error_message = "the routes are others"
  }
  assert {
    condition = { for key, integration in aws_apigatewayv2_integration.function : key => integration.integration_uri } == {
      issue      = "arn:invoke:issue:live"
      refresh    = "arn:invoke:refresh:live"
      authorize  = "arn:invoke:authorize:live"
      introspect = "arn:invoke:introspect:live"
      revoke     = "arn:invoke:revoke:live"
    }
    error_message = "an integration does not invoke the alias of its function"
  }
  assert {
    condition     = alltrue([for integration in aws_apigatewayv2_integration.function : integration.payload_format_version == "2.0" && integration.integration_type == "AWS_PROXY"])
    error_message = "the functions read payload 2.0"
  }
  assert {
    condition     = aws_apigatewayv2_stage.default.name == "$default" && aws_apigatewayv2_stage.default.auto_deploy
    error_message = "the stage is not $default, or is not deployed by itself"
  }
  assert {
    condition = { for route in aws_apigatewayv2_stage.default.route_settings : route.route_key => [route.throttling_rate_limit, route.throttling_burst_limit] } == {
      # generated: limits asked for
      "POST /oauth2/accessToken"                        = [11, 12]
      "OPTIONS /oauth2/accessToken"                     = [11, 12]
      "POST /oauth2/device_authorization"               = [11, 12]
      "POST /oauth2/par"                                = [11, 12]
      "OPTIONS /oauth2/par"                             = [11, 12]
      "POST /oauth2/refreshToken"                       = [21, 22]
      "GET /oauth2/authorizeCode"                       = [31, 32]
      "HEAD /oauth2/authorizeCode"                      = [31, 32]
      "POST /oauth2/authorizeCode"                      = [31, 32]
      "GET /oauth2/callback"                            = [31, 32]
      "HEAD /oauth2/callback"                           = [31, 32]
      "GET /oauth2/signOut"                             = [31, 32]
      "HEAD /oauth2/signOut"                            = [31, 32]
      "POST /oauth2/signOut"                            = [31, 32]
      "GET /oauth2/applications"                        = [31, 32]
      "HEAD /oauth2/applications"                       = [31, 32]
      "POST /oauth2/applications"                       = [31, 32]
      "GET /oauth2/device"                              = [31, 32]
      "HEAD /oauth2/device"                             = [31, 32]
      "POST /oauth2/device"                             = [31, 32]
      "GET /oauth2/style.css"                           = [31, 32]
      "HEAD /oauth2/style.css"                          = [31, 32]
      "POST /oauth2/introspect"                         = [41, 42]
      "GET /.well-known/oauth-authorization-server"     = [41, 42]
      "HEAD /.well-known/oauth-authorization-server"    = [41, 42]
      "OPTIONS /.well-known/oauth-authorization-server" = [41, 42]
      "POST /oauth2/revoke"                             = [51, 52]
      "PUT /oauth2/revoke"                              = [51, 52]
      "OPTIONS /oauth2/revoke"                          = [51, 52]
      "POST /token"                                     = [61, 62]
      "OPTIONS /token"                                  = [61, 62]
      "POST /oauth2/token"                              = [61, 62]
      "OPTIONS /oauth2/token"                           = [61, 62]
      "GET /authorize"                                  = [61, 62]
      "HEAD /authorize"                                 = [61, 62]
      "GET /oauth2/authorize"                           = [61, 62]
      "HEAD /oauth2/authorize"                          = [61, 62]
      "POST /introspect"                                = [61, 62]
      "POST /revoke"                                    = [61, 62]
      "PUT /revoke"                                     = [61, 62]
      "OPTIONS /revoke"                                 = [61, 62]
      "GET /.well-known/openid-configuration"           = [61, 62]
      "HEAD /.well-known/openid-configuration"          = [61, 62]
      "OPTIONS /.well-known/openid-configuration"       = [61, 62]
      # end of limits asked for
    }
    error_message = "a route has another throttle"
  }
  assert {
    condition = { for key, permission in aws_lambda_permission.api : key => "${permission.principal} ${permission.qualifier} ${permission.source_arn}" } == {
      # generated: permissions of routes asked for
      "POST /oauth2/accessToken"                        = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/oauth2/accessToken"
      "OPTIONS /oauth2/accessToken"                     = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/OPTIONS/oauth2/accessToken"
      "POST /oauth2/device_authorization"               = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/oauth2/device_authorization"
      "POST /oauth2/par"                                = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/oauth2/par"
      "OPTIONS /oauth2/par"                             = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/OPTIONS/oauth2/par"
      "POST /oauth2/refreshToken"                       = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/oauth2/refreshToken"
      "GET /oauth2/authorizeCode"                       = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/GET/oauth2/authorizeCode"
      "HEAD /oauth2/authorizeCode"                      = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/HEAD/oauth2/authorizeCode"
      "POST /oauth2/authorizeCode"                      = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/oauth2/authorizeCode"
      "GET /oauth2/callback"                            = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/GET/oauth2/callback"
      "HEAD /oauth2/callback"                           = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/HEAD/oauth2/callback"
      "GET /oauth2/signOut"                             = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/GET/oauth2/signOut"
      "HEAD /oauth2/signOut"                            = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/HEAD/oauth2/signOut"
      "POST /oauth2/signOut"                            = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/oauth2/signOut"
      "GET /oauth2/applications"                        = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/GET/oauth2/applications"
      "HEAD /oauth2/applications"                       = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/HEAD/oauth2/applications"
      "POST /oauth2/applications"                       = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/oauth2/applications"
      "GET /oauth2/device"                              = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/GET/oauth2/device"
      "HEAD /oauth2/device"                             = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/HEAD/oauth2/device"
      "POST /oauth2/device"                             = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/oauth2/device"
      "GET /oauth2/style.css"                           = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/GET/oauth2/style.css"
      "HEAD /oauth2/style.css"                          = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/HEAD/oauth2/style.css"
      "POST /oauth2/introspect"                         = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/oauth2/introspect"
      "GET /.well-known/oauth-authorization-server"     = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/GET/.well-known/oauth-authorization-server"
      "HEAD /.well-known/oauth-authorization-server"    = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/HEAD/.well-known/oauth-authorization-server"
      "OPTIONS /.well-known/oauth-authorization-server" = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/OPTIONS/.well-known/oauth-authorization-server"
      "POST /oauth2/revoke"                             = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/oauth2/revoke"
      "PUT /oauth2/revoke"                              = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/PUT/oauth2/revoke"
      "OPTIONS /oauth2/revoke"                          = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/OPTIONS/oauth2/revoke"
      "POST /token"                                     = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/token"
      "OPTIONS /token"                                  = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/OPTIONS/token"
      "POST /oauth2/token"                              = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/oauth2/token"
      "OPTIONS /oauth2/token"                           = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/OPTIONS/oauth2/token"
      "GET /authorize"                                  = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/GET/authorize"
      "HEAD /authorize"                                 = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/HEAD/authorize"
      "GET /oauth2/authorize"                           = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/GET/oauth2/authorize"
      "HEAD /oauth2/authorize"                          = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/HEAD/oauth2/authorize"
      "POST /introspect"                                = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/introspect"
      "POST /revoke"                                    = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/revoke"
      "PUT /revoke"                                     = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/PUT/revoke"
      "OPTIONS /revoke"                                 = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/OPTIONS/revoke"
      "GET /.well-known/openid-configuration"           = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/GET/.well-known/openid-configuration"
      "HEAD /.well-known/openid-configuration"          = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/HEAD/.well-known/openid-configuration"
      "OPTIONS /.well-known/openid-configuration"       = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/OPTIONS/.well-known/openid-configuration"
      # end of permissions of routes asked for
    }
    error_message = "something else than its route may invoke a function"
  }
  assert {
    condition     = "${aws_lambda_permission.authorizer.principal} ${aws_lambda_permission.authorizer.function_name} ${aws_lambda_permission.authorizer.qualifier} ${aws_lambda_permission.authorizer.source_arn}" == "apigateway.amazonaws.com latchkey-authorizer live arn:aws:execute-api:eu-west-1:111122223333:*/authorizers/*"
    error_message = "something else than the authorizers of this account's APIs may invoke the authorizer"
  }
  assert {
    condition     = output.authorizer_function_arn == "arn:authorizer:live" && output.authorizer_uri == "arn:invoke:authorizer:live"
    error_message = "other stacks are given another authorizer"
  }
}

run "the_access_log_holds_no_query_header_or_path" {
  command = plan

  assert {
    condition = jsondecode(aws_apigatewayv2_stage.default.access_log_settings[0].format) == {
      requestId            = "$context.requestId"
      ip                   = "$context.identity.sourceIp"
      requestTime          = "$context.requestTime"
      routeKey             = "$context.routeKey"
      status               = "$context.status"
      responseLength       = "$context.responseLength"
      integrationLatency   = "$context.integrationLatency"
      integrationRequestId = "$context.integration.requestId"
      integrationStatus    = "$context.integrationStatus"
      integrationError     = "$context.integrationErrorMessage"
      error                = "$context.error.message"
    }
    error_message = "the access log holds something else"
  }
}

run "alarms_watch_and_tell_nobody_unless_asked" {
  command = plan

  assert {
    # generated: counts asked for
    condition = (length(aws_cloudwatch_metric_alarm.function) == 17 && length(aws_cloudwatch_metric_alarm.log) == 7
    && length(aws_cloudwatch_log_metric_filter.counted) == 19)
    # end of counts asked for
    error_message = "an alarm or a filter is missing"
  }
  assert {
    condition     = length(coalesce(aws_cloudwatch_metric_alarm.api_5xx.alarm_actions, [])) == 0
    error_message = "an alarm goes somewhere"
  }
  assert {
    condition = { for key, filter in aws_cloudwatch_log_metric_filter.counted : key => filter.pattern } == {
      # generated: filters asked for
      issue-Unavailable            = "{ ($.outcome = \"unavailable\") || ($.outcome = \"not_started\") || ($.outcome = \"panicked\") }"
      refresh-Unavailable          = "{ ($.outcome = \"unavailable\") || ($.outcome = \"not_started\") || ($.outcome = \"panicked\") }"
      authorize-Unavailable        = "{ ($.outcome = \"unavailable\") || ($.outcome = \"not_started\") || ($.outcome = \"panicked\") }"
      introspect-Unavailable       = "{ ($.outcome = \"unavailable\") || ($.outcome = \"not_started\") || ($.outcome = \"panicked\") }"
      revoke-Unavailable           = "{ ($.outcome = \"unavailable\") || ($.outcome = \"not_started\") || ($.outcome = \"panicked\") }"
      authorizer-Unavailable       = "{ ($.outcome = \"unavailable\") || ($.outcome = \"not_started\") || ($.outcome = \"panicked\") }"
      issue-SignatureFailures      = "{ ($.denial = \"signature_mismatch\") || ($.denial = \"client_unknown\") || ($.denial = \"secret_wrong\") || ($.denial = \"assertion_wrong\") }"
      refresh-SignatureFailures    = "{ ($.denial = \"signature_mismatch\") || ($.denial = \"client_unknown\") || ($.denial = \"secret_wrong\") || ($.denial = \"assertion_wrong\") }"
      introspect-SignatureFailures = "{ ($.denial = \"signature_mismatch\") || ($.denial = \"client_unknown\") || ($.denial = \"secret_wrong\") || ($.denial = \"assertion_wrong\") }"
      revoke-SignatureFailures     = "{ ($.denial = \"signature_mismatch\") || ($.denial = \"client_unknown\") || ($.denial = \"secret_wrong\") || ($.denial = \"assertion_wrong\") }"
      issue-Replays                = "{ $.denial = \"replayed\" }"
      refresh-Replays              = "{ $.denial = \"replayed\" }"
      authorize-SignInFailures     = "{ ($.denial = \"sign_in_failed\") || ($.denial = \"sign_in_slowed\") || ($.denial = \"sign_in_locked\") || ($.denial = \"user_code_unknown\") }"
      issue-CodeReuses             = "{ $.denial = \"code_redeemed\" }"
      issue-DisabledClients        = "{ $.denial = \"client_disabled\" }"
      refresh-DisabledClients      = "{ $.denial = \"client_disabled\" }"
      introspect-DisabledClients   = "{ $.denial = \"client_disabled\" }"
      revoke-DisabledClients       = "{ $.denial = \"client_disabled\" }"
      revoke-ForeignTokens         = "{ $.denial = \"token_foreign\" }"
      # end of filters asked for
    }
    error_message = "a filter counts something else"
  }
}

run "alarms_tell_the_topic" {
  command = plan

  variables {
    alarm_topic_arn = "arn:aws:sns:eu-west-1:111122223333:alarms"
  }

  assert {
    condition = alltrue([for alarm in concat(
      [aws_cloudwatch_metric_alarm.api_5xx, aws_cloudwatch_metric_alarm.throttled, aws_cloudwatch_metric_alarm.database_throttles],
      values(aws_cloudwatch_metric_alarm.function), values(aws_cloudwatch_metric_alarm.log)
      ) : alarm.alarm_actions == toset(["arn:aws:sns:eu-west-1:111122223333:alarms"])
    ])
    error_message = "an alarm does not reach the topic"
  }
}

run "options_are_off" {
  command = plan

  assert {
    condition     = length(aws_apigatewayv2_domain_name.domain) + length(aws_cloudfront_distribution.cdn) + length(aws_route53_record.domain) + length(aws_route53_record.cdn) == 0
    error_message = "an option is on by default"
  }
  assert {
    condition     = output.domain_url == null && output.cdn_url == null && output.cdn_target == null && output.access_token_url == "https://api.execute-api.eu-west-1.amazonaws.com/oauth2/accessToken"
    error_message = "an output is another"
  }
}

run "a_domain_can_be_on" {
  command = plan

  variables {
    domain = {
      name            = "api.example.org"
      certificate_arn = "arn:aws:acm:eu-west-1:111122223333:certificate/c"
      zone_id         = "Z0000000000000"
    }
  }

  override_resource {
    target          = aws_apigatewayv2_domain_name.domain
    override_during = plan
    values          = { domain_name_configuration = { target_domain_name = "d-api.execute-api.eu-west-1.amazonaws.com", hosted_zone_id = "Z1" } }
  }

  assert {
    condition     = aws_apigatewayv2_api.api.disable_execute_api_endpoint && output.api_url == "https://api.example.org"
    error_message = "the API keeps another address beside its domain"
  }
  assert {
    condition     = one(aws_route53_record.domain).type == "A" && output.domain_url == "https://api.example.org" && output.service_url == output.domain_url
    error_message = "the domain is incomplete"
  }
}

run "a_cdn_can_be_on" {
  command = plan

  variables {
    cdn = {
      web_acl_arn     = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/acl/id"
      aliases         = ["tokens.example.org"]
      certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/c"
      zone_id         = "Z0000000000000"
      secret          = "latchkey/cdn"
    }
  }

  override_resource {
    target          = aws_cloudfront_distribution.cdn
    override_during = plan
    values          = { domain_name = "d1.cloudfront.net", hosted_zone_id = "Z2FDTNDATAQYW2" }
  }

  assert {
    condition     = keys(aws_route53_record.cdn) == ["tokens.example.org A", "tokens.example.org AAAA"] && output.cdn_target == "d1.cloudfront.net"
    error_message = "the CDN's name is incomplete"
  }
  assert {
    condition     = output.service_url == "https://tokens.example.org" && output.access_token_url == "https://tokens.example.org/oauth2/accessToken" && output.authorize_url == "https://tokens.example.org/oauth2/authorizeCode"
    error_message = "clients are given another URL"
  }
  assert {
    condition = alltrue([for key, function in aws_lambda_function.function :
      function.environment[0].variables.LATCHKEY_ISSUER == "https://tokens.example.org" && function.environment[0].variables.LATCHKEY_TRUSTED_PROXIES == "1"
      if key != "authorizer"
    ])
    error_message = "the functions do not know that the CDN stands before them"
  }
  assert {
    condition = alltrue([for key, function in aws_lambda_function.function :
      nonsensitive(try(function.environment[0].variables.LATCHKEY_PROXY_SECRETS, null)) == (key == "authorizer" ? null : "11111111111111111111111111111111 ")
    ])
    error_message = "the functions do not ask for the CDN's secret"
  }
  assert {
    condition     = nonsensitive(one(one(aws_cloudfront_distribution.cdn[0].origin).custom_header)) == { name = "X-Latchkey-Proxy", value = "11111111111111111111111111111111" }
    error_message = "the CDN does not send its secret"
  }
  assert {
    condition     = !aws_apigatewayv2_api.api.disable_execute_api_endpoint
    error_message = "the CDN cannot call the API"
  }
  assert {
    condition     = aws_cloudfront_distribution.cdn[0].web_acl_id == "arn:aws:wafv2:us-east-1:111122223333:global/webacl/acl/id"
    error_message = "the CDN is without its WAF ACL"
  }
  assert {
    condition     = one(aws_cloudfront_distribution.cdn[0].origin).domain_name == "api.execute-api.eu-west-1.amazonaws.com"
    error_message = "the CDN has another origin"
  }
  assert {
    condition     = strcontains(aws_cloudfront_function.refresh[0].code, "'/oauth2/refreshToken'") && aws_cloudfront_function.refresh[0].name == "latchkey-eu-west-1-refresh"
    error_message = "the CDN does not send refreshes to refresh"
  }
  assert {
    condition = alltrue([for behavior in aws_cloudfront_distribution.cdn[0].default_cache_behavior :
      length(setintersection(behavior.allowed_methods, ["GET", "POST"])) == 2
      && behavior.cache_policy_id == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
      && behavior.origin_request_policy_id == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    ])
    error_message = "the CDN does not let pages and forms through as they come, or keeps some"
  }
  assert {
    condition     = length(aws_cloudfront_distribution.cdn[0].logging_config) == 0
    error_message = "a log of the CDN would hold tokens"
  }
}

run "a_cdns_secret_is_rotated" {
  command = plan

  variables {
    cdn        = { secret = "latchkey/cdn", secret_key = "v2", secret_key_too = "v1" }
    issuer_url = "https://d1.cloudfront.net"
  }

  assert {
    condition     = nonsensitive(aws_lambda_function.function["issue"].environment[0].variables.LATCHKEY_PROXY_SECRETS) == "22222222222222222222222222222222 11111111111111111111111111111111 "
    error_message = "the functions do not take both values"
  }
  assert {
    condition     = nonsensitive(one(one(aws_cloudfront_distribution.cdn[0].origin).custom_header)).value == "22222222222222222222222222222222"
    error_message = "the CDN sends another value"
  }
}

run "a_cdn_sends_its_secret_before_it_is_asked_for" {
  command = plan

  variables {
    cdn = { secret = "latchkey/cdn", only = false }
  }

  assert {
    condition     = nonsensitive(aws_lambda_function.function["issue"].environment[0].variables.LATCHKEY_PROXY_SECRETS) == ""
    error_message = "the functions ask for the secret"
  }
  assert {
    condition     = nonsensitive(one(one(aws_cloudfront_distribution.cdn[0].origin).custom_header)).value == "11111111111111111111111111111111"
    error_message = "the CDN does not send its secret"
  }
}

run "a_cdn_without_names_is_what_clients_call" {
  command = plan

  variables {
    cdn = { secret = "latchkey/cdn", only = false }
  }

  override_resource {
    target          = aws_cloudfront_distribution.cdn
    override_during = plan
    values          = { domain_name = "d1.cloudfront.net" }
  }

  assert {
    condition     = output.service_url == "https://d1.cloudfront.net" && output.refresh_token_url == "https://d1.cloudfront.net/oauth2/refreshToken"
    error_message = "clients are given another URL"
  }
}

run "refuses_a_domain_certificate_of_another_region" {
  command = plan

  variables {
    domain = { name = "tokens.example.org", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/c" }
  }

  expect_failures = [aws_apigatewayv2_domain_name.domain]
}

run "what_exists_is_used_and_nothing_made_in_its_place" {
  command = plan

  variables {
    existing = {
      clients_table    = "restored-clients"
      tokens_table     = "restored-tokens"
      users_table      = "restored-users"
      audit_table      = "restored-audit"
      sealing_key_arn  = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1"
      pages_key_arn    = "arn:aws:kms:eu-west-1:111122223333:key/mrk-2"
      requests_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/mrk-3"
    }
  }

  assert {
    condition = (length(aws_dynamodb_table.clients) + length(aws_dynamodb_table.tokens) + length(aws_dynamodb_table.users)
      + length(aws_dynamodb_table.audit) + length(aws_kms_key.sealing) + length(aws_kms_alias.sealing) + length(aws_kms_key.pages) + length(aws_kms_alias.pages)
    + length(aws_kms_key.requests) + length(aws_kms_alias.requests) == 0)
    error_message = "a table or a key of its own is made beside a given one"
  }
  assert {
    condition = alltrue([for key, function in aws_lambda_function.function :
      function.environment[0].variables.LATCHKEY_TOKENS_TABLE == "restored-tokens" && (key == "authorizer" || try(
        function.environment[0].variables.LATCHKEY_CLIENTS_TABLE == "restored-clients"
        && function.environment[0].variables.LATCHKEY_USERS_TABLE == "restored-users"
        && function.environment[0].variables.LATCHKEY_SEALING_KMS_KEY == "arn:aws:kms:eu-west-1:111122223333:key/mrk-1"
        && function.environment[0].variables.LATCHKEY_PAGES_KMS_KEY == "arn:aws:kms:eu-west-1:111122223333:key/mrk-2"
        && function.environment[0].variables.LATCHKEY_REQUESTS_KMS_KEY == "arn:aws:kms:eu-west-1:111122223333:key/mrk-3",
      false))
    ])
    error_message = "the functions use other tables or another key"
  }
  assert {
    condition     = toset(compact(flatten([for query in aws_cloudwatch_metric_alarm.database_throttles.metric_query : [for metric in query.metric : metric.dimensions.TableName]]))) == toset(["restored-clients", "restored-tokens", "restored-users"])
    error_message = "the alarm watches other tables"
  }
  assert {
    condition     = [output.clients_table, output.tokens_table, output.users_table, output.audit_table, output.sealing_key_arn, output.pages_key_arn, output.requests_key_arn] == ["restored-clients", "restored-tokens", "restored-users", "restored-audit", "arn:aws:kms:eu-west-1:111122223333:key/mrk-1", "arn:aws:kms:eu-west-1:111122223333:key/mrk-2", "arn:aws:kms:eu-west-1:111122223333:key/mrk-3"]
    error_message = "the outputs name others"
  }
}

run "one_can_exist_and_the_others_be_made" {
  command = plan

  variables {
    existing         = { tokens_table = "restored-tokens" }
    multi_region_key = true
  }

  assert {
    condition     = [length(aws_dynamodb_table.clients), length(aws_dynamodb_table.tokens), length(aws_dynamodb_table.users), length(aws_dynamodb_table.audit), length(aws_kms_key.sealing), length(aws_kms_key.pages), length(aws_kms_key.requests)] == [1, 0, 1, 1, 1, 1, 1]
    error_message = "not just what is missing is made"
  }
  assert {
    condition     = alltrue([for key in [aws_kms_key.sealing[0], aws_kms_key.pages[0], aws_kms_key.requests[0]] : key.multi_region])
    error_message = "a key can have no replicas"
  }
}
