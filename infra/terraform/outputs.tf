output "api_url" {
  description = "URL of the API: the domain, or as API Gateway names it. With a CDN, the CDN alone may use it."
  value       = local.api_url
}

locals {
  api_url = var.domain != null ? "https://${var.domain.name}" : trimsuffix(aws_apigatewayv2_stage.default.invoke_url, "/")
  cdn_url = one([for cdn in aws_cloudfront_distribution.cdn : "https://${cdn.domain_name}"])

  service_url = local.own_name != null ? "https://${local.own_name}" : coalesce(local.cdn_url, local.api_url)
}

output "service_url" {
  description = "The base URL to give to clients: of the CDN's first alias, of the domain, of the CDN or of the API."
  value       = local.service_url
}

output "access_token_url" {
  description = "Where clients get tokens."
  value       = "${local.service_url}/oauth2/accessToken"
}

output "refresh_token_url" {
  description = "Where clients refresh."
  value       = "${local.service_url}/oauth2/refreshToken"
}

output "authorize_url" {
  description = "Where applications send users to sign in."
  value       = "${local.service_url}/oauth2/authorizeCode"
}

output "introspect_url" {
  description = "Where APIs ask about tokens."
  value       = "${local.service_url}/oauth2/introspect"
}

output "revoke_url" {
  description = "Where clients revoke tokens."
  value       = "${local.service_url}/oauth2/revoke"
}

output "metadata_url" {
  description = "Where clients read what the service offers."
  value       = "${local.service_url}/.well-known/oauth-authorization-server"
}

output "authorizer_function_arn" {
  description = "ARN of the authorizer that other stacks attach to their APIs, by its alias."
  value       = aws_lambda_alias.live["authorizer"].arn
}

output "authorizer_uri" {
  description = "The same, as an API's authorizer names it (authorizer_uri)."
  value       = aws_lambda_alias.live["authorizer"].invoke_arn
}

output "domain_url" {
  description = "URL at the domain of one's own, or null."
  value       = var.domain == null ? null : "https://${var.domain.name}"
}

output "domain_target" {
  description = "What a DNS record of that domain must point to, or null."
  value       = one(aws_apigatewayv2_domain_name.domain[*].domain_name_configuration[0].target_domain_name)
}

output "cdn_url" {
  description = "URL of the CDN, or null."
  value       = var.cdn == null ? null : try("https://${var.cdn.aliases[0]}", local.cdn_url)
}

output "cdn_target" {
  description = "What DNS records of the CDN's aliases must point to, or null."
  value       = one(aws_cloudfront_distribution.cdn[*].domain_name)
}

output "alarms_go_to" {
  description = "Whom the page and the notes tell."
  value       = local.page_receiver == null ? "no one: set alarm_email or alarm_topic_arn" : "page to ${local.page_receiver}, notes to ${coalesce(var.notes_topic_arn, local.page_receiver)}"
}

output "release" {
  description = "Which release or commit was applied last."
  value       = var.release == "" ? "not said: set release" : var.release
}

output "dashboard_url" {
  description = "URL of the dashboard."
  value       = "https://${local.region}.console.aws.amazon.com/cloudwatch/home?region=${local.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.dashboard.dashboard_name}"
}

output "clients_table" {
  description = "Name of the table of clients."
  value       = local.tables.clients.name
}

output "tokens_table" {
  description = "Name of the table of grants and tokens."
  value       = local.tables.tokens.name
}

output "users_table" {
  description = "Name of the table of users, institutions and sign-in attempts."
  value       = local.tables.users.name
}

output "audit_table" {
  description = "Name of the table of the operators' records."
  value       = local.audit_table
}

# generated: outputs of keys
output "sealing_key_arn" {
  description = "ARN of the key in KMS from which the keys that seal client secrets are derived, for LATCHKEY_SEALING_KMS_KEY."
  value       = local.key_arns.clients
}

output "pages_key_arn" {
  description = "ARN of the key in KMS from which the keys that seal sessions, forms, known browsers, second factors, secrets of providers and the pseudonyms of the log are derived, for LATCHKEY_PAGES_KMS_KEY."
  value       = local.key_arns.pages
}

output "requests_key_arn" {
  description = "ARN of the key in KMS from which the keys that seal authorization requests that clients push are derived, for LATCHKEY_REQUESTS_KMS_KEY."
  value       = local.key_arns.requests
}

# end of outputs of keys
output "sealing_key_names" {
  description = "Names of the sealing keys that the functions have, for LATCHKEY_SEALING_KEY_NAMES."
  value       = var.sealing_key_names
}

output "old_keys" {
  description = "What the old keys still do, for LATCHKEY_OLD_KEYS."
  value       = var.old_keys
}

output "check_token_client" {
  description = "Whether the functions ask about the client of a token, for LATCHKEY_CHECK_TOKEN_CLIENT."
  value       = var.check_token_client
}

output "operator_environment" {
  description = "What the operator's commands need, as one line for a shell."
  value = join(" ", concat(["export"], [for name, value in {
    # generated: operator's environment
    AWS_REGION                    = local.region
    LATCHKEY_CLIENTS_TABLE        = local.tables.clients.name
    LATCHKEY_TOKENS_TABLE         = local.tables.tokens.name
    LATCHKEY_USERS_TABLE          = local.tables.users.name
    LATCHKEY_AUDIT_TABLE          = local.audit_table
    LATCHKEY_SEALING_KMS_KEY      = local.key_arns.clients
    LATCHKEY_PAGES_KMS_KEY        = local.key_arns.pages
    LATCHKEY_REQUESTS_KMS_KEY     = local.key_arns.requests
    LATCHKEY_SEALING_KEY_NAMES    = var.sealing_key_names
    LATCHKEY_OLD_KEYS             = var.old_keys
    LATCHKEY_CHECK_TOKEN_CLIENT   = var.check_token_client
    LATCHKEY_ACCESS_TOKEN_SECONDS = var.access_token_seconds
    LATCHKEY_TOKEN_CACHE_SECONDS  = var.token_cache_seconds
    LATCHKEY_ISSUER               = var.issuer_url
    LATCHKEY_URL                  = local.service_url
    # end of operator's environment
  } : format("%s=%s", name, value)]))
}

output "function_names" {
  description = "Names of the functions."
  value       = { for name, function in aws_lambda_function.function : name => function.function_name }
}

output "live_versions" {
  description = "The versions that the API invokes. Note them before an upgrade: live_versions takes them for a roll-back."
  value       = { for name, alias in aws_lambda_alias.live : name => alias.function_version }
}

locals {
  # The words that the policy leaves open.
  policy_words = {
    PARTITION       = data.aws_partition.current.partition
    REGION          = local.region
    ACCOUNT         = data.aws_caller_identity.current.account_id
    CLIENTS_TABLE   = local.tables.clients.name
    TOKENS_TABLE    = local.tables.tokens.name
    USERS_TABLE     = local.tables.users.name
    AUDIT_TABLE     = local.audit_table
    SEALING_KEY_ARN = local.key_arns.clients
    PAGES_KEY_ARN   = local.key_arns.pages
  }
  operator_policy = regexall("[A-Z_]+|[^A-Z_]+", file("${path.module}/operate.json"))
}

output "operator_policy" {
  description = "What operators must be allowed, as a policy that IAM reads: operate.json with the names of this deployment."
  value       = jsonencode(jsondecode(join("", [for word in local.operator_policy : lookup(local.policy_words, word, word)])))
}
