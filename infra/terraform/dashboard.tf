# Four rows, four questions: is it well, who is it serving, what does it cost, what does the database refuse.

locals {
  # Provider 6 calls it region, provider 5 calls it name, and both call it id.
  region      = data.aws_region.current.id
  api_metric  = ["ApiId", aws_apigatewayv2_api.api.id]
  log_sources = join(" | ", [for group in aws_cloudwatch_log_group.function : "SOURCE '${group.name}'"])

  function_names = [for function in aws_lambda_function.function : function.function_name]
  table_names    = [for table in local.tables : table.name]

  # What the functions call; an operation without calls has no line.
  operations = {
    # generated: operations
    clients = ["GetItem", "BatchGetItem"]
    tokens  = ["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "TransactWriteItems", "Query"]
    users   = ["BatchGetItem", "TransactWriteItems"]
    # end of operations
  }
  table_calls = flatten([
    for table, operations in local.operations : [for operation in operations : { table = table, operation = operation }]
  ])
  written = [for table, operations in local.operations : table if length(setsubtract(operations, ["GetItem", "BatchGetItem"])) > 0]

  # A row is a list of graphs and log queries of the same width.
  dashboard_rows = [
    [
      {
        title = "Answers", stat = "Sum"
        metrics = [
          concat(["AWS/ApiGateway", "Count"], local.api_metric),
          concat(["AWS/ApiGateway", "4xx"], local.api_metric),
          concat(["AWS/ApiGateway", "5xx"], local.api_metric),
          [local.namespace, "Throttled"],
        ]
      },
      {
        title = "Duration of the functions, p99, and of DynamoDB's answers, ms", stat = "p99"
        metrics = concat(
          [for name in local.function_names : jsonencode(["AWS/Lambda", "Duration", "FunctionName", name])],
          [for call in local.table_calls : jsonencode(["AWS/DynamoDB", "SuccessfulRequestLatency", "TableName", local.tables[call.table].name, "Operation", call.operation, { stat = "Average" }])],
        )
      },
      {
        title = "What must be zero, or nearly", stat = "Sum"
        metrics = concat(
          [for metric in keys(local.patterns) : [local.namespace, metric]],
          [for name in local.function_names : ["AWS/Lambda", "Errors", "FunctionName", name]],
          [for name in local.function_names : ["AWS/Lambda", "Throttles", "FunctionName", name]],
          [for name in local.table_names : ["AWS/DynamoDB", "ReadThrottleEvents", "TableName", name]],
          [for name in local.table_names : ["AWS/DynamoDB", "WriteThrottleEvents", "TableName", name]],
        )
      },
    ],
    [
      {
        title = "Whom it serves"
        query = "filter ispresent(client_id) | stats count(*) as requests, sum(outcome = \"granted\") as granted by client_id | sort requests desc | limit 50"
      },
      {
        title = "What is refused, and to whom"
        query = "filter ispresent(denial) | stats count(*) as requests by denial, client_id | sort requests desc | limit 50"
      },
      {
        title = "Which secrets sign (an old one that is gone ends a rotation)"
        query = "filter ispresent(secret) | stats count(*) as requests, max(@timestamp) as last by client_id, secret | sort client_id"
      },
    ],
    [
      {
        title = "Invocations", stat = "Sum"
        metrics = [
          for name in local.function_names : ["AWS/Lambda", "Invocations", "FunctionName", name]
        ]
      },
      {
        title = "Seconds that are paid for, and memory"
        query = "filter @type = 'REPORT' | stats count(*) as invocations, sum(@billedDuration) / 1000 as billed_seconds, max(@maxMemoryUsed) / 1000000 as most_memory_mb, max(@memorySize) / 1000000 as memory_mb by @log"
      },
      {
        title = "Read and write units of the tables", stat = "Sum"
        metrics = concat(
          [for name in local.table_names : ["AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", name]],
          [for name in local.table_names : ["AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", name]],
        )
      },
    ],
    [
      {
        title = "Writes whose condition failed", stat = "Sum"
        metrics = [
          for table in local.written : ["AWS/DynamoDB", "ConditionalCheckFailedRequests", "TableName", local.tables[table].name]
        ]
      },
      {
        title = "Transactions that met another write", stat = "Sum"
        metrics = [
          for call in local.table_calls : ["AWS/DynamoDB", "TransactionConflict", "TableName", local.tables[call.table].name] if call.operation == "TransactWriteItems"
        ]
      },
      {
        title = "DynamoDB's own errors", stat = "Sum"
        metrics = [
          for call in local.table_calls : ["AWS/DynamoDB", "SystemErrors", "TableName", local.tables[call.table].name, "Operation", call.operation]
        ]
      },
    ],
  ]

  dashboard_alarms = {
    type = "alarm", x = 0, y = 0, width = 24, height = 4
    properties = {
      title = "Alarms"
      alarms = concat(
        [aws_cloudwatch_metric_alarm.api_5xx.arn],
        [for alarm in aws_cloudwatch_metric_alarm.function : alarm.arn],
        [for alarm in aws_cloudwatch_metric_alarm.log : alarm.arn],
        [aws_cloudwatch_metric_alarm.throttled.arn, aws_cloudwatch_metric_alarm.database_throttles.arn],
      )
    }
  }

  # jsondecode lets widgets of two shapes stand in one list.
  dashboard_widgets = concat(
    [jsonencode(local.dashboard_alarms)],
    flatten([
      for y, row in local.dashboard_rows : concat([
        jsonencode({
          type       = "text", x = 0, y = 4 + y * 8, width = 24, height = 2
          properties = { markdown = "## ${["Is it well?", "Who is it serving?", "What does it cost?", "What does the database refuse?"][y]}" }
        })],
        [
          for x, widget in row : jsonencode({
            type = can(widget.query) ? "log" : "metric", x = x * 8, y = 6 + y * 8, width = 8, height = 6
            properties = jsondecode(can(widget.query) ? jsonencode({
              title  = widget.title
              region = local.region
              view   = "table"
              query  = "${local.log_sources} | ${widget.query}"
              }) : jsonencode({
              title   = widget.title
              region  = local.region
              view    = "timeSeries"
              period  = 300
              stat    = widget.stat
              metrics = [for metric in widget.metrics : try(jsondecode(metric), metric)]
            }))
          })
        ]
      )
    ])
  )
}

resource "aws_cloudwatch_dashboard" "dashboard" {
  # Dashboards have no region, so their names must tell it.
  dashboard_name = "${var.name}-${local.region}"
  dashboard_body = jsonencode({ widgets = [for widget in local.dashboard_widgets : jsondecode(widget)] })
}
