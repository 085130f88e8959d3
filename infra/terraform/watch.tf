# Whom alarms tell, and what an operator asks the logs. One alarm is a page: broken. What it is made of, and every other
# one, is a note.

locals {
  pages = var.alarm_topic_arn == null ? aws_sns_topic.alarms[*].arn : [var.alarm_topic_arn]
  notes = var.notes_topic_arn == null ? local.pages : [var.notes_topic_arn]

  page_receiver = try(coalesce(var.alarm_topic_arn, var.alarm_email), null)
}

# Not encrypted by KMS: AWS's own key for SNS does not let CloudWatch publish, one of the module's own would cost a dollar a
# month, and the mail that carries the same text is not encrypted by it. It holds names and figures.
resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:CloudWatch may not publish with AWS's own key, see above.
  count = var.alarm_email == null ? 0 : 1

  name         = "${var.name}-alarms"
  display_name = "Latchkey ${var.name}"
  tags         = var.tags
}

resource "aws_sns_topic_policy" "alarms" {
  count = var.alarm_email == null ? 0 : 1

  arn = aws_sns_topic.alarms[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Alarms"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms[0].arn
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_sns_topic_subscription" "alarms" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_composite_alarm" "broken" {
  alarm_name        = "${var.name}-broken"
  alarm_description = "A page: the service turned clients or APIs away more than once. See which of its alarms ring."
  alarm_actions     = local.pages
  ok_actions        = local.pages
  tags              = var.tags

  alarm_rule = join(" OR ", [
    for alarm in concat(
      [aws_cloudwatch_metric_alarm.api_5xx, aws_cloudwatch_metric_alarm.lasting, aws_cloudwatch_metric_alarm.function["authorizer-throttles"]],
      aws_cloudwatch_metric_alarm.outside,
    ) : "ALARM(\"${alarm.arn}\")"
  ])
}

resource "aws_cloudwatch_metric_alarm" "lasting" {
  alarm_name          = "${var.name}-lasting"
  alarm_description   = "A note and part of the page: in three of five minutes, clients got 503. The log has the reason."
  namespace           = local.namespace
  metric_name         = "Unavailable"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.notes
  ok_actions          = local.notes
  tags                = var.tags
}

# A check that does not run has no data: that is told too, and is no page.
resource "aws_cloudwatch_metric_alarm" "outside" {
  count = local.checks_outside ? 1 : 0

  alarm_name                = "${var.name}-outside"
  alarm_description         = "A note and part of the page: in two of three spans of five minutes, the check from outside failed. Its log has step and reason."
  namespace                 = "AWS/Lambda"
  metric_name               = "Errors"
  dimensions                = { FunctionName = aws_lambda_function.check[0].function_name }
  statistic                 = "Sum"
  period                    = 300
  evaluation_periods        = 3
  datapoints_to_alarm       = 2
  comparison_operator       = "GreaterThanOrEqualToThreshold"
  threshold                 = 1
  treat_missing_data        = "missing"
  alarm_actions             = local.notes
  ok_actions                = local.notes
  insufficient_data_actions = local.notes
  tags                      = var.tags
}

# Of the whole account: a filter by tag counts nothing until the account's owner activates the tag for costs.
resource "aws_budgets_budget" "account" {
  count = var.monthly_budget == null ? 0 : 1

  name         = "${var.name}-${local.region}"
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.monthly_budget)
  limit_unit   = "USD"
  tags         = var.tags

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }
    content {
      notification_type          = notification.key
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = [var.alarm_email]
    }
  }
}

locals {
  queries = {
    # generated: queries
    why-unavailable = {
      gateway = false
      commands = [
        "filter outcome in [\"unavailable\", \"not_started\", \"panicked\"]",
        "stats count(*) as requests, max(@timestamp) as last by function, outcome, denial, database_error, reason",
        "sort requests desc",
      ]
    }
    who-is-refused = {
      gateway = false
      commands = [
        "filter ispresent(denial)",
        "stats count(*) as requests, max(@timestamp) as last by denial, client_id, claimed_client_id, function",
        "sort requests desc",
        "limit 100",
      ]
    }
    which-secrets-sign = {
      gateway = false
      commands = [
        "filter ispresent(secret)",
        "stats count(*) as requests, max(@timestamp) as last by client_id, secret",
        "sort client_id",
      ]
    }
    one-request = {
      gateway = false
      commands = [
        "filter request_id = \"REQUEST_ID\" or @requestId = \"REQUEST_ID\"",
        "sort @timestamp",
      ]
    }
    slowest-requests = {
      gateway = false
      commands = [
        "filter ispresent(duration_ms)",
        "fields @timestamp, function, duration_ms, round_trips, outcome, client_id, request_id",
        "sort duration_ms desc",
        "limit 50",
      ]
    }
    what-it-reads-and-writes = {
      gateway = false
      commands = [
        "filter ispresent(read_units)",
        "stats count(*) as requests, sum(read_units) as reads, sum(write_units) as writes by function, grant_type, client_id",
        "sort writes desc",
        "limit 100",
      ]
    }
    gateway-errors = {
      gateway = true
      commands = [
        "filter status like /^5/",
        "stats count(*) as requests, max(@timestamp) as last by routeKey, status, integrationStatus, integrationError, error",
        "sort requests desc",
      ]
    }
    throttled-callers = {
      gateway = true
      commands = [
        "filter status = \"429\"",
        "stats count(*) as requests by ip, routeKey",
        "sort requests desc",
        "limit 50",
      ]
    }
    # end of queries
  }
}

resource "aws_cloudwatch_query_definition" "question" {
  for_each = local.queries

  name            = "${var.name}/${each.key}"
  log_group_names = each.value.gateway ? [aws_cloudwatch_log_group.api.name] : [for group in aws_cloudwatch_log_group.function : group.name]
  query_string    = join("\n| ", each.value.commands)
}
