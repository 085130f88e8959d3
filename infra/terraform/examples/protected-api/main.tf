# An API of another deployment, behind the authorizer of a deployed Latchkey in the same account and region.
#
#   terraform -chdir=infra/terraform/examples/protected-api apply -var authorizer_uri=…     the output of Latchkey's

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}

variable "region" {
  description = "AWS region of Latchkey, and of this."
  type        = string
  default     = "us-east-1"
}

variable "authorizer_uri" {
  description = "The output authorizer_uri of Latchkey's deployment (SAM: AuthorizerUri)."
  type        = string
}

provider "aws" {
  region = var.region
}

resource "aws_apigatewayv2_api" "api" {
  name          = "protected"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.api.id
  name        = "$default"
  auto_deploy = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      requestId       = "$context.requestId"
      routeKey        = "$context.routeKey"
      status          = "$context.status"
      client          = "$context.authorizer.client_id"
      authorizerError = "$context.authorizer.error"
    })
  }
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/vendedlogs/protected-api"
  retention_in_days = 30
}

resource "aws_apigatewayv2_authorizer" "latchkey" {
  api_id                            = aws_apigatewayv2_api.api.id
  name                              = "latchkey"
  authorizer_type                   = "REQUEST"
  authorizer_uri                    = var.authorizer_uri
  authorizer_payload_format_version = "2.0"
  enable_simple_responses           = true
  identity_sources                  = ["$request.header.Authorization"]

  # The gateway would remember a token beyond its end. token_cache_seconds, of Latchkey, does not.
  authorizer_result_ttl_in_seconds = 0
}

resource "aws_apigatewayv2_route" "loan" {
  api_id             = aws_apigatewayv2_api.api.id
  route_key          = "GET /loans/{id}"
  authorization_type = "CUSTOM"
  authorizer_id      = aws_apigatewayv2_authorizer.latchkey.id
  target             = "integrations/${aws_apigatewayv2_integration.loans.id}"
}

# Any backend. It is told what the authorizer found, here in headers that a client's own cannot stand in for.
resource "aws_apigatewayv2_integration" "loans" {
  api_id             = aws_apigatewayv2_api.api.id
  integration_type   = "HTTP_PROXY"
  integration_method = "GET"
  integration_uri    = "https://backend.example.org/loans/{id}"

  request_parameters = {
    "overwrite:header.x-client-id" = "$context.authorizer.client_id"
    # One text for one user, or for an application that acts for itself.
    "overwrite:header.x-subject" = "$context.authorizer.subject"
  }
}

output "loans_url" {
  description = "With `Authorization: Bearer tk_…` it answers, without it does not."
  value       = "${aws_apigatewayv2_api.api.api_endpoint}/loans/7"
}
