output "api_url" {
  description = "URL of the API, as API Gateway names it."
  value       = trimsuffix(aws_apigatewayv2_stage.default.invoke_url, "/")
}

output "access_token_url" {
  description = "URL of the function issue."
  value       = "${trimsuffix(aws_apigatewayv2_stage.default.invoke_url, "/")}${local.routes.issue.path}"
}

output "refresh_token_url" {
  description = "URL of the function refresh."
  value       = "${trimsuffix(aws_apigatewayv2_stage.default.invoke_url, "/")}${local.routes.refresh.path}"
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
  value       = var.cdn == null ? null : "https://${try(var.cdn.aliases[0], aws_cloudfront_distribution.cdn[0].domain_name)}"
}

output "dashboard_url" {
  description = "URL of the dashboard."
  value       = "https://${local.region}.console.aws.amazon.com/cloudwatch/home?region=${local.region}#dashboards/dashboard/${var.name}"
}

output "clients_table" {
  description = "Name of the table of clients."
  value       = aws_dynamodb_table.clients.name
}

output "tokens_table" {
  description = "Name of the table of grants and tokens."
  value       = aws_dynamodb_table.tokens.name
}

output "sealing_key_arn" {
  description = "ARN of the key in KMS that the sealing keys are derived from."
  value       = aws_kms_key.sealing.arn
}

output "function_names" {
  description = "Names of the functions."
  value       = { for name, function in aws_lambda_function.function : name => function.function_name }
}

output "live_versions" {
  description = "The versions that the API invokes. Note them before an upgrade: live_versions takes them for a roll-back."
  value       = { for name, alias in aws_lambda_alias.live : name => alias.function_version }
}
