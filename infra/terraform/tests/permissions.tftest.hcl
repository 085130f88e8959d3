# What the functions' roles grant, and what they must not.

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

run "issue_may_do_just_what_it_does" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.function["issue"].policy).Statement == [
      {
        Sid      = "Clients"
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem", "dynamodb:BatchGetItem"]
        Resource = "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-clients"
      },
      {
        Sid      = "Tokens"
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-tokens"
      },
      {
        Sid       = "SealingKey"
        Effect    = "Allow"
        Action    = "kms:GenerateMac"
        Resource  = "arn:aws:kms:eu-west-1:111122223333:key/sealing"
        Condition = { StringEquals = { "kms:MacAlgorithm" = "HMAC_SHA_256" } }
      },
      {
        Sid       = "RequestsKey"
        Effect    = "Allow"
        Action    = "kms:GenerateMac"
        Resource  = "arn:aws:kms:eu-west-1:111122223333:key/requests"
        Condition = { StringEquals = { "kms:MacAlgorithm" = "HMAC_SHA_256" } }
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-issue:*"
      },
      {
        Sid      = "Traces"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = "*"
      },
    ]
    error_message = "issue may do something else"
  }
}

run "refresh_may_do_just_what_it_does" {
  command = plan

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.function["refresh"].policy).Statement : statement.Sid => flatten([statement.Action]) } == {
      Clients    = ["dynamodb:GetItem", "dynamodb:BatchGetItem"]
      Tokens     = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem"]
      SealingKey = ["kms:GenerateMac"]
      Log        = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Traces     = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    }
    error_message = "refresh may do something else"
  }
  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.function["refresh"].policy).Statement : statement.Sid => statement.Resource } == {
      Clients    = "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-clients"
      Tokens     = "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-tokens"
      SealingKey = "arn:aws:kms:eu-west-1:111122223333:key/sealing"
      Log        = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-refresh:*"
      Traces     = "*"
    }
    error_message = "refresh may do it to something else"
  }
}

run "authorize_may_do_just_what_it_does" {
  command = plan

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.function["authorize"].policy).Statement :
      [flatten([statement.Action]), statement.Resource, try(statement.Condition, null)]
      ] == [
      [["dynamodb:GetItem"], "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-clients", { "ForAllValues:StringNotEquals" = { "dynamodb:Attributes" = ["secrets"] }, StringEqualsIfExists = { "dynamodb:Select" = "SPECIFIC_ATTRIBUTES" } }],
      [["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-tokens", null],
      [["dynamodb:Query"], "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-tokens/index/holder", null],
      [["kms:GenerateMac"], "arn:aws:kms:eu-west-1:111122223333:key/pages", { StringEquals = { "kms:MacAlgorithm" = "HMAC_SHA_256" } }],
      [["kms:GenerateMac"], "arn:aws:kms:eu-west-1:111122223333:key/requests", { StringEquals = { "kms:MacAlgorithm" = "HMAC_SHA_256" } }],
      [["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-authorize:*", null],
      [["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*", null],
      [["dynamodb:BatchGetItem"], "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-users", null],
      [["dynamodb:PutItem", "dynamodb:UpdateItem"], "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-users", { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["#?*"] } }],
    ]
    error_message = "authorize may do something else"
  }
}

run "authorize_may_use_the_key_that_gives_old_keys_as_long_as_these_do_something" {
  command = plan
  variables {
    old_keys = "open"
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.function["authorize"].policy).Statement : statement.Sid => statement.Resource if strcontains(jsonencode(statement), "kms:") } == {
      PagesKey    = "arn:aws:kms:eu-west-1:111122223333:key/pages"
      RequestsKey = "arn:aws:kms:eu-west-1:111122223333:key/requests"
      OldKeys     = "arn:aws:kms:eu-west-1:111122223333:key/sealing"
    }
    error_message = "authorize cannot derive the old keys, or more than them"
  }
  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.function["authorize"].policy).Statement :
      [statement.Sid, flatten([statement.Action]), try(statement.Condition, null) != null] if endswith(flatten([statement.Resource])[0], "-clients")
    ] == [["Clients", ["dynamodb:GetItem", "dynamodb:BatchGetItem"], false]]
    error_message = "versions of 0.1.0 cannot read a client, or may do more"
  }
  assert {
    condition = alltrue([for function in ["issue", "refresh", "introspect", "revoke", "authorizer"] :
      !strcontains(aws_iam_role_policy.function[function].policy, "key/pages") && !strcontains(aws_iam_role_policy.function[function].policy, "OldKeys")
    ])
    error_message = "another function may use the pages' key"
  }
}

run "only_issue_and_authorize_may_use_the_key_of_pushed_requests" {
  command = plan

  assert {
    condition     = toset([for function, policy in aws_iam_role_policy.function : function if strcontains(policy.policy, "key/requests")]) == toset(["authorize", "issue"])
    error_message = "another function may use the key of pushed requests, or one of the two may not"
  }
}

run "introspect_may_do_just_what_it_does" {
  command = plan

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.function["introspect"].policy).Statement :
      [flatten([statement.Action]), statement.Resource, try(statement.Condition, null)]
      ] == [
      [["dynamodb:GetItem", "dynamodb:BatchGetItem"], "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-clients", null],
      [["dynamodb:GetItem", "dynamodb:BatchGetItem"], "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-tokens", null],
      [["kms:GenerateMac"], "arn:aws:kms:eu-west-1:111122223333:key/sealing", { StringEquals = { "kms:MacAlgorithm" = "HMAC_SHA_256" } }],
      [["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-introspect:*", null],
      [["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*", null],
    ]
    error_message = "introspect may do something else"
  }
}

run "revoke_may_do_just_what_it_does" {
  command = plan

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.function["revoke"].policy).Statement :
      [flatten([statement.Action]), statement.Resource, try(statement.Condition, null)]
      ] == [
      [["dynamodb:GetItem", "dynamodb:BatchGetItem"], "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-clients", null],
      [["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem"], "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-tokens", null],
      [["kms:GenerateMac"], "arn:aws:kms:eu-west-1:111122223333:key/sealing", { StringEquals = { "kms:MacAlgorithm" = "HMAC_SHA_256" } }],
      [["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-revoke:*", null],
      [["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*", null],
    ]
    error_message = "revoke may do something else"
  }
}

run "authorizer_may_do_just_what_it_does" {
  command = plan

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.function["authorizer"].policy).Statement :
      [flatten([statement.Action]), statement.Resource, try(statement.Condition, null)]
      ] == [
      [["dynamodb:GetItem", "dynamodb:BatchGetItem"], "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-tokens", null],
      [["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-authorizer:*", null],
      [["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*", null],
    ]
    error_message = "authorizer may do something else"
  }
}

run "authorizer_reads_of_a_client_what_it_asks_about_and_only_where_it_asks" {
  command = plan

  variables {
    check_token_client = true
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.function["authorizer"].policy).Statement :
      [flatten([statement.Action]), statement.Resource, try(statement.Condition, null)]
      ] == [
      [["dynamodb:GetItem"], "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-clients", { "ForAllValues:StringEquals" = { "dynamodb:Attributes" = ["client_id", "disabled", "not_before"] }, StringEqualsIfExists = { "dynamodb:Select" = "SPECIFIC_ATTRIBUTES" } }],
      [["dynamodb:GetItem", "dynamodb:BatchGetItem"], "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-tokens", null],
      [["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-authorizer:*", null],
      [["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*", null],
    ]
    error_message = "authorizer cannot read the client of a token, or may read more"
  }
  assert {
    condition = alltrue([for function in ["issue", "refresh", "authorize", "introspect", "revoke"] :
      !strcontains(aws_iam_role_policy.function[function].policy, "not_before")
    ])
    error_message = "another function may do something else than where no client of a token is asked about"
  }
}

run "introspect_and_authorizer_write_nothing_and_revoke_makes_nothing" {
  command = plan

  assert {
    condition = alltrue([for function in ["introspect", "authorizer"] :
      length(regexall("dynamodb:[A-Za-z]*(Put|Update|Delete|Write)", aws_iam_role_policy.function[function].policy)) == 0
    ])
    error_message = "a function that only reads may write"
  }
  assert {
    condition     = length(regexall("dynamodb:[A-Za-z]*(Put|Delete|Write)", aws_iam_role_policy.function["revoke"].policy)) == 0
    error_message = "revoke may make or delete items"
  }
  assert {
    condition     = length(regexall("latchkey-clients|latchkey-users|kms:", aws_iam_role_policy.function["authorizer"].policy)) == 0
    error_message = "the authorizer may read clients or users, or use the key"
  }
}

run "only_authorize_knows_the_users" {
  command = plan

  assert {
    condition     = [for function, policy in aws_iam_role_policy.function : function if strcontains(policy.policy, "latchkey-users")] == ["authorize"]
    error_message = "another function may read or write users"
  }
}

run "what_exists_is_permitted_by_its_name" {
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
    condition = { for statement in jsondecode(aws_iam_role_policy.function["authorize"].policy).Statement : statement.Sid => statement.Resource } == {
      Clients     = "arn:aws:dynamodb:eu-west-1:111122223333:table/restored-clients"
      Tokens      = "arn:aws:dynamodb:eu-west-1:111122223333:table/restored-tokens"
      Holders     = "arn:aws:dynamodb:eu-west-1:111122223333:table/restored-tokens/index/holder"
      Users       = "arn:aws:dynamodb:eu-west-1:111122223333:table/restored-users"
      Attempts    = "arn:aws:dynamodb:eu-west-1:111122223333:table/restored-users"
      PagesKey    = "arn:aws:kms:eu-west-1:111122223333:key/mrk-2"
      RequestsKey = "arn:aws:kms:eu-west-1:111122223333:key/mrk-3"
      Log         = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-authorize:*"
      Traces      = "*"
    }
    error_message = "a role is about other tables or another key than the given ones"
  }
  assert {
    condition = { for statement in jsondecode(output.operator_policy).Statement : statement.Sid => statement.Resource } == {
      Clients     = "arn:aws:dynamodb:eu-west-1:111122223333:table/restored-clients"
      Tokens      = "arn:aws:dynamodb:eu-west-1:111122223333:table/restored-tokens"
      Index       = "arn:aws:dynamodb:eu-west-1:111122223333:table/restored-tokens/index/holder"
      Users       = "arn:aws:dynamodb:eu-west-1:111122223333:table/restored-users"
      Records     = "arn:aws:dynamodb:eu-west-1:111122223333:table/restored-audit"
      Secrets     = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:latchkey/*"
      SealingKeys = ["arn:aws:kms:eu-west-1:111122223333:key/mrk-1", "arn:aws:kms:eu-west-1:111122223333:key/mrk-2"]
    }
    error_message = "the operators' policy is about something else than this deployment"
  }
}

run "refresh_cannot_update" {
  command = plan

  assert {
    condition     = !strcontains(aws_iam_role_policy.function["refresh"].policy, "UpdateItem")
    error_message = "refresh may update items"
  }
}

run "nobody_can_delete_scan_or_do_everything_and_a_query_reads_the_index_only" {
  command = plan

  assert {
    condition = alltrue(flatten([for policy in aws_iam_role_policy.function : [
      for statement in jsondecode(policy.policy).Statement : [
        for action in flatten([statement.Action]) :
        length(regexall("[*]|Delete|Scan|CreateLogGroup", action)) == 0
      ]
    ]]))
    error_message = "a function may delete, scan, or do whatever a star covers"
  }
  assert {
    condition = flatten([for function, policy in aws_iam_role_policy.function : [
      for statement in jsondecode(policy.policy).Statement : "${function} ${statement.Resource}" if strcontains(jsonencode(statement.Action), "Query")
    ]]) == ["authorize arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-tokens/index/holder"]
    error_message = "a function may query something else than the index of users' grants, or another function may"
  }
}

run "nobody_can_write_clients" {
  command = plan

  assert {
    condition = alltrue(flatten([for policy in aws_iam_role_policy.function : [
      for statement in jsondecode(policy.policy).Statement :
      length(setsubtract(flatten([statement.Action]), ["dynamodb:GetItem", "dynamodb:BatchGetItem"])) == 0
      if endswith(flatten([statement.Resource])[0], "-clients")
    ]]))
    error_message = "a function may write clients"
  }
}

run "only_lambda_takes_the_roles_and_each_function_has_its_own" {
  command = plan

  assert {
    condition = alltrue([for role in aws_iam_role.function :
      jsondecode(role.assume_role_policy).Statement == [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
    ])
    error_message = "something else than Lambda may take a role"
  }
  assert {
    condition     = { for key, role in aws_iam_role.function : key => role.name } == { issue = "latchkey-eu-west-1-issue", refresh = "latchkey-eu-west-1-refresh", authorize = "latchkey-eu-west-1-authorize", introspect = "latchkey-eu-west-1-introspect", revoke = "latchkey-eu-west-1-revoke", authorizer = "latchkey-eu-west-1-authorizer" }
    error_message = "the roles are not the functions' own"
  }
}
