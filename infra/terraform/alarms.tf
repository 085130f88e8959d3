locals {
  # A namespace of its own, because a metric filter's metric without dimensions has no other mark of its deployment.
  namespace = "Latchkey/${var.name}"

  # What the functions' JSON lines are counted by. Functions feed the same metric.
  patterns = {
    # generated: patterns
    Unavailable       = "{ ($.outcome = \"unavailable\") || ($.outcome = \"not_started\") || ($.outcome = \"panicked\") }"
    SignatureFailures = "{ ($.denial = \"signature_mismatch\") || ($.denial = \"client_unknown\") || ($.denial = \"secret_wrong\") || ($.denial = \"assertion_wrong\") }"
    Replays           = "{ $.denial = \"replayed\" }"
    SignInFailures    = "{ ($.denial = \"sign_in_failed\") || ($.denial = \"sign_in_slowed\") || ($.denial = \"sign_in_locked\") || ($.denial = \"user_code_unknown\") }"
    CodeReuses        = "{ $.denial = \"code_redeemed\" }"
    DisabledClients   = "{ $.denial = \"client_disabled\" }"
    ForeignTokens     = "{ $.denial = \"token_foreign\" }"
    # end of patterns
  }
  counted = {
    # generated: metrics of functions
    issue      = ["Unavailable", "SignatureFailures", "Replays", "CodeReuses", "DisabledClients"]
    refresh    = ["Unavailable", "SignatureFailures", "Replays", "DisabledClients"]
    authorize  = ["Unavailable", "SignInFailures"]
    introspect = ["Unavailable", "SignatureFailures", "DisabledClients"]
    revoke     = ["Unavailable", "SignatureFailures", "DisabledClients", "ForeignTokens"]
    authorizer = ["Unavailable"]
    # end of metrics of functions
  }

  filters = merge([
    for function, metrics in local.counted : {
      for metric in metrics : "${function}-${metric}" => { function = function, metric = metric, pattern = local.patterns[metric] }
    }
  ]...)

  log_alarms = {
    # generated: alarms of metrics
    unavailable = {
      metric      = "Unavailable"
      threshold   = var.alarm_thresholds.unavailable
      period      = 60
      description = "Clients got 503 or no answer. The log has the reason in denial and database_error, or the place of a panic."
    }
    signature-failures = {
      metric      = "SignatureFailures"
      threshold   = var.alarm_thresholds.signature_failures
      period      = 300
      description = "A surge of signatures that do not match, of wrong secrets, or of unknown client ids. A client authenticates wrongly, or an attacker guesses."
    }
    replays = {
      metric      = "Replays"
      threshold   = var.alarm_thresholds.replays
      period      = 300
      description = "A surge of repeated requests. A client sends a signed request more than once, or an attacker captured some."
    }
    sign-in-failures = {
      metric      = "SignInFailures"
      threshold   = var.alarm_thresholds.sign_in_failures
      period      = 300
      description = "A surge of failed sign-ins or unknown user codes. An attacker guesses passwords or codes, or many passwords were changed at once."
    }
    code-reuses = {
      metric      = "CodeReuses"
      threshold   = var.alarm_thresholds.code_reuses
      period      = 300
      description = "A code was redeemed twice. Two parties may have it, so its tokens were revoked. The log has client_id and grant_id."
    }
    disabled-clients = {
      metric      = "DisabledClients"
      threshold   = var.alarm_thresholds.disabled_clients
      period      = 300
      description = "Requests came in the name of a disabled client. It still runs somewhere, or an attacker tries its secret."
    }
    foreign-tokens = {
      metric      = "ForeignTokens"
      threshold   = var.alarm_thresholds.foreign_tokens
      period      = 300
      description = "A client presented a token of another client. It mixed tokens up, or has stolen ones."
    }
    # end of alarms of metrics
  }

  # Not of the authorizer: to a REST API an error is how it says 401.
  error_alarms = {
    for function in setsubtract(keys(local.functions), ["authorizer"]) : "${function}-errors" => {
      function    = function
      metric      = "Errors"
      statistic   = "Sum"
      period      = 60
      threshold   = var.alarm_thresholds.errors
      description = "The function ${function} does not start or ends without an answer. See outcome not_started in the log."
    }
  }

  function_alarms = merge(local.error_alarms, [
    for function in keys(local.functions) : {
      "${function}-throttles" = {
        function    = function
        metric      = "Throttles"
        statistic   = "Sum"
        period      = 300
        threshold   = var.alarm_thresholds.throttles
        description = "Lambda turned requests to ${function} away: its reserved or the account's concurrency is used up."
      }
      "${function}-slow" = {
        function    = function
        metric      = "Duration"
        statistic   = "p90"
        period      = 300
        threshold   = coalesce(var.alarm_thresholds.p99_ms, var.alarm_thresholds.slow_ms)
        description = "One in ten requests to ${function} is slow, not just once: DynamoDB or the memory size."
      }
    }
  ]...)
}

resource "aws_cloudwatch_log_metric_filter" "counted" {
  for_each = local.filters

  name           = "${var.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.function[each.value.function].name
  pattern        = each.value.pattern

  metric_transformation {
    namespace     = local.namespace
    name          = each.value.metric
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

# What the gateway turned away by a route's limit.
resource "aws_cloudwatch_log_metric_filter" "throttled" {
  name           = "${var.name}-throttled"
  log_group_name = aws_cloudwatch_log_group.api.name
  pattern        = "{ $.status = \"429\" }"

  metric_transformation {
    namespace     = local.namespace
    name          = "Throttled"
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "log" {
  for_each = local.log_alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = local.namespace
  metric_name         = each.value.metric
  statistic           = "Sum"
  period              = each.value.period
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.notes
  ok_actions          = local.notes
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "function" {
  for_each = local.function_alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/Lambda"
  metric_name         = each.value.metric
  dimensions          = { FunctionName = aws_lambda_function.function[each.value.function].function_name }
  period              = each.value.period
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.notes
  ok_actions          = local.notes
  tags                = var.tags

  # A percentile rings from the first request on, if two of three spans agree. Below ten requests in a span, the slowest one
  # counts. A p99 would need a thousand: CloudWatch asks a percentile for 10 / (1 - p) values.
  statistic                             = each.value.statistic == "Sum" ? "Sum" : null
  extended_statistic                    = each.value.statistic == "Sum" ? null : each.value.statistic
  evaluate_low_sample_count_percentiles = each.value.statistic == "Sum" ? null : "evaluate"
  evaluation_periods                    = each.value.statistic == "Sum" ? 1 : 3
  datapoints_to_alarm                   = each.value.statistic == "Sum" ? null : 2
}

resource "aws_cloudwatch_metric_alarm" "throttled" {
  alarm_name          = "${var.name}-throttled"
  alarm_description   = "A route's limit turned many requests away with 429. Raise it, or find the caller by the access log."
  namespace           = local.namespace
  metric_name         = "Throttled"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarm_thresholds.throttled
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.notes
  ok_actions          = local.notes
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "api_5xx" {
  alarm_name          = "${var.name}-api-5xx"
  alarm_description   = "Callers got 5xx answers, from the functions (503, see the alarm unavailable) or from the gateway itself."
  namespace           = "AWS/ApiGateway"
  metric_name         = "5xx"
  dimensions          = { ApiId = aws_apigatewayv2_api.api.id }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarm_thresholds.api_5xx
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.notes
  ok_actions          = local.notes
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "database_throttles" {
  alarm_name          = "${var.name}-table-throttles"
  alarm_description   = "DynamoDB throttles a table: its traffic more than doubled within half an hour, or one key is hot."
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarm_thresholds.database_throttles
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.notes
  ok_actions          = local.notes
  tags                = var.tags

  metric_query {
    id = "throttles"
    # A metric without data, which is what DynamoDB has where it never throttled, counts as nothing.
    expression  = "SUM(METRICS())"
    label       = "throttled reads and writes"
    return_data = true
  }

  dynamic "metric_query" {
    # No function writes clients.
    for_each = {
      clientreads = ["clients", "ReadThrottleEvents"]
      tokenreads  = ["tokens", "ReadThrottleEvents"]
      tokenwrites = ["tokens", "WriteThrottleEvents"]
      userreads   = ["users", "ReadThrottleEvents"]
      userwrites  = ["users", "WriteThrottleEvents"]
    }
    content {
      id = metric_query.key
      metric {
        namespace   = "AWS/DynamoDB"
        metric_name = metric_query.value[1]
        dimensions  = { TableName = local.tables[metric_query.value[0]].name }
        stat        = "Sum"
        period      = 300
      }
    }
  }
}
