locals {
  functions = {
    issue = {
      package              = var.issue_package
      reserved_concurrency = var.issue_reserved_concurrency
      live_version         = var.live_versions.issue
    }
    refresh = {
      package              = var.refresh_package
      reserved_concurrency = var.refresh_reserved_concurrency
      live_version         = var.live_versions.refresh
    }
  }

  environment = {
    LATCHKEY_CLIENTS_TABLE         = aws_dynamodb_table.clients.name
    LATCHKEY_TOKENS_TABLE          = aws_dynamodb_table.tokens.name
    LATCHKEY_SEALING_KMS_KEY       = aws_kms_key.sealing.arn
    LATCHKEY_SEALING_KEY_NAMES     = var.sealing_key_names
    LATCHKEY_SEALING_KEY_FILE      = ""
    LATCHKEY_ACCESS_TOKEN_SECONDS  = tostring(var.access_token_seconds)
    LATCHKEY_REFRESH_TOKEN_SECONDS = tostring(var.refresh_token_seconds)
    LATCHKEY_CODE_SECONDS          = tostring(var.code_seconds)
    LATCHKEY_CLOCK_SKEW_SECONDS    = tostring(var.clock_skew_seconds)
    LATCHKEY_SIGNATURE_HOST        = var.signature_host
    LATCHKEY_SIGNATURE_PORT        = tostring(var.signature_port)
    LATCHKEY_SIGNATURE_PATH        = var.signature_path
  }
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = "/aws/lambda/${var.name}-${each.key}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_lambda_function" "function" {
  for_each = local.functions

  function_name                  = "${var.name}-${each.key}"
  description                    = "Latchkey: ${each.key}"
  role                           = aws_iam_role.function[each.key].arn
  architectures                  = ["arm64"]
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  filename                       = each.value.package
  source_code_hash               = filebase64sha256(each.value.package)
  memory_size                    = var.memory_size
  reserved_concurrent_executions = each.value.reserved_concurrency
  publish                        = true
  tags                           = var.tags

  # A function answers within nine seconds, with a 503 of its own if need be.
  timeout = 10

  environment {
    variables = local.environment
  }

  tracing_config {
    mode = "Active"
  }

  # The first start already asks KMS for the sealing keys, and writes to the log group that has its name.
  depends_on = [aws_iam_role_policy.function, aws_cloudwatch_log_group.function]
}

resource "aws_lambda_alias" "live" {
  for_each = local.functions

  name             = "live"
  description      = "The version that the API invokes"
  function_name    = aws_lambda_function.function[each.key].function_name
  function_version = coalesce(each.value.live_version, aws_lambda_function.function[each.key].version)
}
