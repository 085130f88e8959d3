# Each new version is asked before the alias live moves to it: a build that does not start, or that reaches no table or no
# key, never gets live.
#
# A client that no operator registered asks, so any signature does. The functions look for the client and for the token that
# it names, and refuse after that: the answer shows that they start, have their sealing keys and reach their tables.

locals {
  # A function that is stopped answers nothing, and one that is held at a version does not move.
  asked = {
    for name, function in local.functions : name => function
    if var.check_versions && function.reserved_concurrency != 0 && function.live_version == null
  }

  # A grant that does not exist, in the form of a token.
  asked_about = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

  questions = {
    issue      = { method = "POST", path = "accessToken", query = "grant_type=refresh_token&refresh_token=rt_${local.asked_about}" }
    refresh    = { method = "POST", path = "refreshToken", query = "grant_type=refresh_token&refresh_token=rt_${local.asked_about}" }
    introspect = { method = "POST", path = "introspect", query = "token=tk_${local.asked_about}" }
    revoke     = { method = "POST", path = "revoke", query = "token=rt_${local.asked_about}" }
    authorize = {
      method = "GET", path = "authorizeCode"
      query  = "client_id=latchkey-check&redirect_uri=https%3A%2F%2Flatchkey.invalid%2Fcheck"
    }
    authorizer = { method = "GET", path = "check", query = "" }
  }

  # What is right: a refusal after the reads, and never a 503.
  right_answers = {
    issue      = { status = 401, words = "The client is unknown or disabled" }
    refresh    = { status = 401, words = "The client is unknown or disabled" }
    introspect = { status = 401, words = "The client is unknown or disabled" }
    revoke     = { status = 401, words = "The client is unknown or disabled" }
    authorize  = { status = 400, words = "No client is registered with this client_id" }
    authorizer = { status = null, words = null }
  }

  cumulated_days = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
}

resource "aws_lambda_invocation" "check" {
  for_each = local.asked

  function_name = aws_lambda_function.function[each.key].function_name
  qualifier     = aws_lambda_function.function[each.key].version

  # The time is that of the invocation, as POSIX seconds, which Terraform has no function for. Right until 2100.
  input = one([for clock in [{ for part in ["YYYY", "M", "D", "h", "m", "s"] : part => tonumber(formatdate(part, timestamp())) }] : jsonencode({
    version        = "2.0"
    routeKey       = "${local.questions[each.key].method} /oauth2/${local.questions[each.key].path}"
    rawPath        = "/oauth2/${local.questions[each.key].path}"
    rawQueryString = local.questions[each.key].query
    headers = {
      host = "check.latchkey.invalid"
      authorization = each.key == "authorizer" ? "Bearer tk_${local.asked_about}" : join("", [
        "http://www.worldcat.org/wskey/v2/hmac/v1 clientId=\"latchkey-check\", timestamp=\"",
        86400 * (365 * (clock["YYYY"] - 1970) + floor((clock["YYYY"] - 1969) / 4) + local.cumulated_days[clock["M"] - 1]
        + (clock["YYYY"] % 4 == 0 && clock["M"] > 2 ? 1 : 0) + clock["D"] - 1) + 3600 * clock["h"] + 60 * clock["m"] + clock["s"],
        "\", nonce=\"0000000000000000\", signature=\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"",
      ])
    }
    requestContext = {
      domainName = "check.latchkey.invalid"
      http       = { method = local.questions[each.key].method, path = "/oauth2/${local.questions[each.key].path}", sourceIp = "127.0.0.1" }
      requestId  = "latchkey-check"
      routeKey   = "${local.questions[each.key].method} /oauth2/${local.questions[each.key].path}"
      stage      = "$default"
    }
    isBase64Encoded = false
  })])

  lifecycle {
    # A new version is asked anew, at its own time.
    ignore_changes = [input]

    postcondition {
      condition = each.key == "authorizer" ? try(jsondecode(self.result).isAuthorized == false, false) : try(
        jsondecode(self.result).statusCode == local.right_answers[each.key].status
        && strcontains(jsondecode(self.result).body, local.right_answers[each.key].words), false
      )
      error_message = join(" ", [
        "The new version ${self.qualifier} of ${self.function_name} does not answer as it should, so live stays where it is.",
        "It answered with status ${try(jsondecode(self.result).statusCode, "none")}: 503 is for a table or a key that it does not reach.",
        "Its log has the reason. If this is the first apply, IAM may not know the new roles yet: apply again.",
      ])
    }
  }

  # What takes a while, so that IAM knows the roles.
  depends_on = [aws_iam_role_policy.function, aws_cloudwatch_metric_alarm.function]
}

# The check from outside, with a client of its own: the function check, on a schedule, over the service's URL.

locals {
  checks_outside = var.check_client_secret != ""
  # Found as the functions' packages are.
  check_file = (
    var.check_package != null ? var.check_package
    : local.in_s3 ? null
    : try(fileexists("${var.packages}/check-${var.architecture}.zip"), false) ? "${var.packages}/check-${var.architecture}.zip"
    : "${coalesce(var.packages, ".")}/check/bootstrap.zip"
  )
}

data "aws_s3_object" "check" {
  count = local.checks_outside && local.check_file == null ? 1 : 0

  bucket = local.bucket
  key    = "${local.prefix}check-${var.architecture}.zip"
}

resource "aws_cloudwatch_log_group" "check" {
  count = local.checks_outside ? 1 : 0

  name              = "/aws/lambda/${var.name}-check"
  retention_in_days = var.log_retention_days
  skip_destroy      = var.keep_logs
  tags              = var.tags
}

resource "aws_iam_role" "check" {
  count = local.checks_outside ? 1 : 0

  name        = "${var.name}-${local.region}-check"
  description = "Latchkey: what the function check may do"
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

resource "aws_iam_role_policy" "check" {
  count = local.checks_outside ? 1 : 0

  name = "${var.name}-check"
  role = aws_iam_role.check[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Client"
        Effect = "Allow"
        Action = "secretsmanager:GetSecretValue"
        # Secrets Manager adds six characters to a name.
        Resource = "arn:${data.aws_partition.current.partition}:secretsmanager:${local.region}:${data.aws_caller_identity.current.account_id}:secret:${var.check_client_secret}-??????"
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.check[0].arn}:*"
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

resource "aws_lambda_function" "check" {
  #checkov:skip=CKV_AWS_115:It runs by schedule alone, and a small account can reserve nothing.
  count = local.checks_outside ? 1 : 0

  function_name    = "${var.name}-check"
  description      = "Latchkey: check"
  role             = aws_iam_role.check[0].arn
  architectures    = [var.architecture]
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  filename         = local.check_file
  s3_bucket        = one(data.aws_s3_object.check[*].bucket)
  s3_key           = one(data.aws_s3_object.check[*].key)
  source_code_hash = local.check_file == null ? one(data.aws_s3_object.check[*].etag) : filebase64sha256(local.check_file)
  memory_size      = 256
  timeout          = 60
  tags             = var.tags

  environment {
    variables = {
      LATCHKEY_CHECK_SECRET   = var.check_client_secret
      LATCHKEY_SIGNATURE_HOST = var.signature_host
      LATCHKEY_SIGNATURE_PORT = tostring(var.signature_port)
      LATCHKEY_SIGNATURE_PATH = var.signature_path
    }
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  depends_on = [aws_iam_role_policy.check]
}

resource "aws_lambda_function_event_invoke_config" "check" {
  count = local.checks_outside ? 1 : 0

  function_name          = aws_lambda_function.check[0].function_name
  maximum_retry_attempts = 0
}

resource "aws_cloudwatch_event_rule" "check" {
  count = local.checks_outside ? 1 : 0

  name                = "${var.name}-check"
  description         = "Checks Latchkey from outside"
  schedule_expression = "rate(5 minutes)"
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "check" {
  count = local.checks_outside ? 1 : 0

  rule  = aws_cloudwatch_event_rule.check[0].name
  arn   = aws_lambda_function.check[0].arn
  input = jsonencode({ outside = local.service_url })
}

resource "aws_lambda_permission" "check" {
  count = local.checks_outside ? 1 : 0

  statement_id  = "schedule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.check[0].function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.check[0].arn
}
