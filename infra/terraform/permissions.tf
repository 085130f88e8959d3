# Exactly what each endpoint calls. Nobody may delete, scan or query, and no function may write a client.

locals {
  table_actions = {
    issue = {
      clients = ["dynamodb:GetItem", "dynamodb:BatchGetItem"]
      # UpdateItem redeems a code, and revokes the grant of one that is used twice.
      tokens = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    }
    refresh = {
      clients = ["dynamodb:GetItem", "dynamodb:BatchGetItem"]
      tokens  = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem"]
    }
  }
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name        = "${var.name}-${each.key}"
  description = "Latchkey: what the function ${each.key} may do"
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name = "${var.name}-${each.key}"
  role = aws_iam_role.function[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Clients"
        Effect   = "Allow"
        Action   = local.table_actions[each.key].clients
        Resource = aws_dynamodb_table.clients.arn
      },
      {
        Sid      = "Tokens"
        Effect   = "Allow"
        Action   = local.table_actions[each.key].tokens
        Resource = aws_dynamodb_table.tokens.arn
      },
      {
        Sid       = "SealingKey"
        Effect    = "Allow"
        Action    = "kms:GenerateMac"
        Resource  = aws_kms_key.sealing.arn
        Condition = { StringEquals = { "kms:MacAlgorithm" = "HMAC_SHA_256" } }
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.function[each.key].arn}:*"
      },
      {
        # X-Ray knows no resources.
        Sid      = "Traces"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = "*"
      },
    ]
  })
}
