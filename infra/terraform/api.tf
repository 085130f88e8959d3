locals {
  limits = {
    # generated: limits
    issue      = { rate = var.issue_rate_limit, burst = var.issue_burst_limit }
    refresh    = { rate = var.refresh_rate_limit, burst = var.refresh_burst_limit }
    authorize  = { rate = var.authorize_rate_limit, burst = var.authorize_burst_limit }
    introspect = { rate = var.introspect_rate_limit, burst = var.introspect_burst_limit }
    revoke     = { rate = var.revoke_rate_limit, burst = var.revoke_burst_limit }
    alias      = { rate = var.alias_rate_limit, burst = var.alias_burst_limit }
    # end of limits
  }

  # Which function answers.
  routes = {
    # generated: routes
    "POST /oauth2/accessToken"                        = "issue"
    "OPTIONS /oauth2/accessToken"                     = "issue"
    "POST /oauth2/device_authorization"               = "issue"
    "POST /oauth2/par"                                = "issue"
    "OPTIONS /oauth2/par"                             = "issue"
    "POST /oauth2/refreshToken"                       = "refresh"
    "GET /oauth2/authorizeCode"                       = "authorize"
    "HEAD /oauth2/authorizeCode"                      = "authorize"
    "POST /oauth2/authorizeCode"                      = "authorize"
    "GET /oauth2/callback"                            = "authorize"
    "HEAD /oauth2/callback"                           = "authorize"
    "GET /oauth2/signOut"                             = "authorize"
    "HEAD /oauth2/signOut"                            = "authorize"
    "POST /oauth2/signOut"                            = "authorize"
    "GET /oauth2/applications"                        = "authorize"
    "HEAD /oauth2/applications"                       = "authorize"
    "POST /oauth2/applications"                       = "authorize"
    "GET /oauth2/device"                              = "authorize"
    "HEAD /oauth2/device"                             = "authorize"
    "POST /oauth2/device"                             = "authorize"
    "GET /oauth2/style.css"                           = "authorize"
    "HEAD /oauth2/style.css"                          = "authorize"
    "POST /oauth2/introspect"                         = "introspect"
    "GET /.well-known/oauth-authorization-server"     = "introspect"
    "HEAD /.well-known/oauth-authorization-server"    = "introspect"
    "OPTIONS /.well-known/oauth-authorization-server" = "introspect"
    "POST /oauth2/revoke"                             = "revoke"
    "PUT /oauth2/revoke"                              = "revoke"
    "OPTIONS /oauth2/revoke"                          = "revoke"
    "POST /token"                                     = "issue"
    "OPTIONS /token"                                  = "issue"
    "POST /oauth2/token"                              = "issue"
    "OPTIONS /oauth2/token"                           = "issue"
    "GET /authorize"                                  = "authorize"
    "HEAD /authorize"                                 = "authorize"
    "GET /oauth2/authorize"                           = "authorize"
    "HEAD /oauth2/authorize"                          = "authorize"
    "POST /introspect"                                = "introspect"
    "POST /revoke"                                    = "revoke"
    "PUT /revoke"                                     = "revoke"
    "OPTIONS /revoke"                                 = "revoke"
    "GET /.well-known/openid-configuration"           = "introspect"
    "HEAD /.well-known/openid-configuration"          = "introspect"
    "OPTIONS /.well-known/openid-configuration"       = "introspect"
    # end of routes
  }

  # Other paths of the same routes. They have limits of their own, so that a route and its aliases together let through what
  # other routes do.
  aliases = toset([
    # generated: aliases
    "POST /token",
    "OPTIONS /token",
    "POST /oauth2/token",
    "OPTIONS /oauth2/token",
    "GET /authorize",
    "HEAD /authorize",
    "GET /oauth2/authorize",
    "HEAD /oauth2/authorize",
    "POST /introspect",
    "POST /revoke",
    "PUT /revoke",
    "OPTIONS /revoke",
    "GET /.well-known/openid-configuration",
    "HEAD /.well-known/openid-configuration",
    "OPTIONS /.well-known/openid-configuration",
    # end of aliases
  ])

  # Which limits count for a route.
  limits_of_routes = { for key, function in local.routes : key => local.limits[contains(local.aliases, key) ? "alias" : function] }

  # Refresh tokens and codes travel in the query, signatures in a header: neither the query, nor a header, nor the path
  # as it was sent may stand here. The last four explain a 5xx, and lead to the function's own line.
  access_log = {
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
}

resource "aws_apigatewayv2_api" "api" {
  name          = var.name
  description   = "Latchkey: OAuth 2.0 tokens"
  protocol_type = "HTTP"

  # Behind a domain of its own it has no other address. The CDN calls that address, and shows a secret.
  disable_execute_api_endpoint = var.domain != null
  tags                         = var.tags
}

resource "aws_apigatewayv2_integration" "function" {
  # Of the functions that have routes. The authorizer has none: other APIs ask it.
  for_each = toset(values(local.routes))

  api_id                 = aws_apigatewayv2_api.api.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = aws_lambda_alias.live[each.key].invoke_arn
  payload_format_version = "2.0"

  # Past the functions' own timeout, so that it is theirs that shows.
  timeout_milliseconds = 11000
}

# No authorizer: the functions check the signature of each request, or have pages and documents for everybody.
resource "aws_apigatewayv2_route" "function" {
  for_each = local.routes

  api_id             = aws_apigatewayv2_api.api.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.function[each.value].id}"
  authorization_type = "NONE"
}

resource "aws_lambda_permission" "api" {
  for_each = local.routes

  statement_id  = replace(each.key, "/[^A-Za-z0-9]+/", "-")
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  function_name = aws_lambda_function.function[each.value].function_name
  qualifier     = aws_lambda_alias.live[each.value].name

  # One method and path of this API. The * stands for its stage, of which it has one.
  source_arn = "${aws_apigatewayv2_api.api.execution_arn}/*/${replace(each.key, " ", "")}"
}

# The APIs of other stacks in this account and region, and their authorizers alone: the ARN names the account.
resource "aws_lambda_permission" "authorizer" {
  statement_id  = "authorizers"
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  function_name = aws_lambda_function.function["authorizer"].function_name
  qualifier     = aws_lambda_alias.live["authorizer"].name
  source_arn    = "arn:${data.aws_partition.current.partition}:execute-api:${local.region}:${data.aws_caller_identity.current.account_id}:*/authorizers/*"
}

# Below /aws/vendedlogs/ the permission to write needs no entry in the account's log policy, whose size is limited.
resource "aws_cloudwatch_log_group" "api" {
  name              = "/aws/vendedlogs/${var.name}-api"
  retention_in_days = var.log_retention_days
  skip_destroy      = var.keep_logs
  tags              = var.tags
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.api.id
  name        = "$default"
  auto_deploy = true
  tags        = var.tags

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api.arn
    format          = jsonencode(local.access_log)
  }

  # A route that is added and forgotten here gets the smallest of the limits.
  default_route_settings {
    throttling_rate_limit  = min([for limits in local.limits : limits.rate]...)
    throttling_burst_limit = min([for limits in local.limits : limits.burst]...)
  }

  dynamic "route_settings" {
    for_each = local.routes
    content {
      route_key              = route_settings.key
      throttling_rate_limit  = local.limits_of_routes[route_settings.key].rate
      throttling_burst_limit = local.limits_of_routes[route_settings.key].burst
    }
  }

  # Settings of a route that is not there yet are refused.
  depends_on = [aws_apigatewayv2_route.function]
}
