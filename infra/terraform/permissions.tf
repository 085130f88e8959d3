# Exactly what each endpoint calls. No role may delete or scan, and no function may write a client or a user. Only authorize may
# query, and only the index of users' grants.

locals {
  table_actions = {
    # generated: actions
    issue = {
      clients           = ["dynamodb:GetItem", "dynamodb:BatchGetItem"]
      clients_of_before = []
      withheld          = []
      of_token_clients  = []
      tokens            = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      holders           = []
      users             = []
      attempts          = []
      keys              = ["clients", "requests"]
      old_keys          = false
    }
    refresh = {
      clients           = ["dynamodb:GetItem", "dynamodb:BatchGetItem"]
      clients_of_before = []
      withheld          = []
      of_token_clients  = []
      tokens            = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem"]
      holders           = []
      users             = []
      attempts          = []
      keys              = ["clients"]
      old_keys          = false
    }
    authorize = {
      clients           = ["dynamodb:GetItem"]
      clients_of_before = ["dynamodb:BatchGetItem"]
      withheld          = ["secrets"]
      of_token_clients  = []
      tokens            = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      holders           = ["dynamodb:Query"]
      users             = ["dynamodb:BatchGetItem"]
      attempts          = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
      keys              = ["pages", "requests"]
      old_keys          = true
    }
    introspect = {
      clients           = ["dynamodb:GetItem", "dynamodb:BatchGetItem"]
      clients_of_before = []
      withheld          = []
      of_token_clients  = []
      tokens            = ["dynamodb:GetItem", "dynamodb:BatchGetItem"]
      holders           = []
      users             = []
      attempts          = []
      keys              = ["clients"]
      old_keys          = false
    }
    revoke = {
      clients           = ["dynamodb:GetItem", "dynamodb:BatchGetItem"]
      clients_of_before = []
      withheld          = []
      of_token_clients  = []
      tokens            = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem"]
      holders           = []
      users             = []
      attempts          = []
      keys              = ["clients"]
      old_keys          = false
    }
    authorizer = {
      clients           = []
      clients_of_before = []
      withheld          = []
      of_token_clients  = ["client_id", "disabled", "not_before"]
      tokens            = ["dynamodb:GetItem", "dynamodb:BatchGetItem"]
      holders           = []
      users             = []
      attempts          = []
      keys              = []
      old_keys          = false
    }
    # end of actions
  }

  # Versions of 0.1.0 read whole clients. An update changes the role before these versions are gone.
  withheld = { for function, may in local.table_actions : function => var.old_keys == "none" ? may.withheld : [] }

  # generated: statements of keys
  key_statements = {
    clients  = "SealingKey"
    pages    = "PagesKey"
    requests = "RequestsKey"
  }
  # end of statements of keys
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  # Roles have no region, so their names must tell it.
  name        = "${var.name}-${local.region}-${each.key}"
  description = "Latchkey: what the function ${each.key} may do"
  path        = var.role_path
  tags        = var.tags

  permissions_boundary = var.permissions_boundary

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
    Statement = concat([for function in [each.key] : {
      Sid      = "Clients"
      Effect   = "Allow"
      Action   = concat(local.table_actions[function].clients, local.table_actions[function].clients_of_before)
      Resource = local.tables.clients.arn
      } if length(local.table_actions[function].clients) > 0 && length(local.withheld[function]) == 0
      ], [for function in [each.key] : {
        Sid      = "Clients"
        Effect   = "Allow"
        Action   = local.table_actions[function].clients
        Resource = local.tables.clients.arn
        Condition = {
          "ForAllValues:StringNotEquals" = { "dynamodb:Attributes" = local.withheld[function] }
          StringEqualsIfExists           = { "dynamodb:Select" = "SPECIFIC_ATTRIBUTES" }
        }
      } if length(local.withheld[function]) > 0
      ], [for function in [each.key] : {
        # Of the client of a token, nothing else.
        Sid      = "Clients"
        Effect   = "Allow"
        Action   = "dynamodb:GetItem"
        Resource = local.tables.clients.arn
        Condition = {
          "ForAllValues:StringEquals" = { "dynamodb:Attributes" = local.table_actions[function].of_token_clients }
          StringEqualsIfExists        = { "dynamodb:Select" = "SPECIFIC_ATTRIBUTES" }
        }
      } if var.check_token_client && length(local.table_actions[function].of_token_clients) > 0
      ], [{
        Sid      = "Tokens"
        Effect   = "Allow"
        Action   = local.table_actions[each.key].tokens
        Resource = local.tables.tokens.arn
        }], [for function in [each.key] : {
        # The keys of users' grants: a user sees and ends what they allowed.
        Sid      = "Holders"
        Effect   = "Allow"
        Action   = local.table_actions[function].holders
        Resource = "${local.tables.tokens.arn}/index/holder"
      } if length(local.table_actions[function].holders) > 0
      ], [for set in local.table_actions[each.key].keys : {
        Sid       = local.key_statements[set]
        Effect    = "Allow"
        Action    = "kms:GenerateMac"
        Resource  = local.key_arns[set]
        Condition = { StringEquals = { "kms:MacAlgorithm" = "HMAC_SHA_256" } }
        }], [for function in [each.key] : {
        Sid       = "OldKeys"
        Effect    = "Allow"
        Action    = "kms:GenerateMac"
        Resource  = local.key_arns.clients
        Condition = { StringEquals = { "kms:MacAlgorithm" = "HMAC_SHA_256" } }
      } if local.table_actions[function].old_keys && var.old_keys != "none"
      ], [
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
      ], [for function in [each.key] : {
        Sid      = "Users"
        Effect   = "Allow"
        Action   = local.table_actions[function].users
        Resource = local.tables.users.arn
      } if length(local.table_actions[function].users) > 0
      ], [for function in [each.key] : {
        # Only counters of attempts: their keys are # and more. The directory's key is a bare #, users' have none.
        Sid       = "Attempts"
        Effect    = "Allow"
        Action    = local.table_actions[function].attempts
        Resource  = local.tables.users.arn
        Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["#?*"] } }
      } if length(local.table_actions[function].attempts) > 0
    ])
  })
}
