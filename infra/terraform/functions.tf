# `stages/generate` writes the parts between `# generated: …` and `# end of …`, here and in other files, from
# crates/oauth/src/service.rs.

locals {
  functions = {
    # generated: functions
    issue = {
      package              = var.issue_package
      environment          = local.environment
      memory_size          = var.memory_size
      reserved_concurrency = var.issue_reserved_concurrency
      live_version         = var.live_versions.issue
    }
    refresh = {
      package              = var.refresh_package
      environment          = local.environment
      memory_size          = var.memory_size
      reserved_concurrency = var.refresh_reserved_concurrency
      live_version         = var.live_versions.refresh
    }
    authorize = {
      package              = var.authorize_package
      environment          = local.environment
      memory_size          = var.authorize_memory_size
      reserved_concurrency = var.authorize_reserved_concurrency
      live_version         = var.live_versions.authorize
    }
    introspect = {
      package              = var.introspect_package
      environment          = local.environment
      memory_size          = var.memory_size
      reserved_concurrency = var.introspect_reserved_concurrency
      live_version         = var.live_versions.introspect
    }
    revoke = {
      package              = var.revoke_package
      environment          = local.environment
      memory_size          = var.memory_size
      reserved_concurrency = var.revoke_reserved_concurrency
      live_version         = var.live_versions.revoke
    }
    authorizer = {
      package              = var.authorizer_package
      environment          = local.authorizer_environment
      memory_size          = var.memory_size
      reserved_concurrency = var.authorizer_reserved_concurrency
      live_version         = var.live_versions.authorizer
    }
    # end of functions
  }

  # A package is a file here, unless it has no name of its own and all packages are in S3.
  in_s3  = try(startswith(var.packages, "s3://"), false)
  bucket = local.in_s3 ? split("/", var.packages)[2] : null
  prefix = local.in_s3 ? join("", [for part in slice(split("/", var.packages), 3, length(split("/", var.packages))) : "${part}/"]) : null
  files = {
    for name, function in local.functions : name => (
      function.package != null ? function.package
      : local.in_s3 ? null
      : try(fileexists("${var.packages}/${name}-${var.architecture}.zip"), false) ? "${var.packages}/${name}-${var.architecture}.zip"
      : "${coalesce(var.packages, ".")}/${name}/bootstrap.zip"
    )
  }

  # The first name that clients know it by; none where only AWS's own names are there.
  own_name = try(var.cdn.aliases[0], var.domain.name, null)

  environment = {
    # generated: environment
    LATCHKEY_CLIENTS_TABLE           = local.tables.clients.name
    LATCHKEY_TOKENS_TABLE            = local.tables.tokens.name
    LATCHKEY_USERS_TABLE             = local.tables.users.name
    LATCHKEY_SEALING_KMS_KEY         = local.key_arns.clients
    LATCHKEY_PAGES_KMS_KEY           = local.key_arns.pages
    LATCHKEY_REQUESTS_KMS_KEY        = local.key_arns.requests
    LATCHKEY_SEALING_KEY_NAMES       = var.sealing_key_names
    LATCHKEY_OLD_KEYS                = var.old_keys
    LATCHKEY_ACCESS_TOKEN_SECONDS    = tostring(var.access_token_seconds)
    LATCHKEY_REFRESH_TOKEN_SECONDS   = tostring(var.refresh_token_seconds)
    LATCHKEY_CODE_SECONDS            = tostring(var.code_seconds)
    LATCHKEY_SUBJECT                 = var.subject
    LATCHKEY_NOT_BEFORE              = tostring(var.not_before)
    LATCHKEY_CHECK_TOKEN_CLIENT      = tostring(var.check_token_client)
    LATCHKEY_CLOCK_SKEW_SECONDS      = tostring(var.clock_skew_seconds)
    LATCHKEY_SIGNATURE_HOST          = var.signature_host
    LATCHKEY_SIGNATURE_PORT          = tostring(var.signature_port)
    LATCHKEY_SIGNATURE_PATH          = var.signature_path
    LATCHKEY_ISSUER                  = var.issuer_url != "" || local.own_name == null ? var.issuer_url : "https://${local.own_name}"
    LATCHKEY_ERROR_PAGES             = var.error_pages
    LATCHKEY_SESSION_SECONDS         = tostring(var.session_seconds)
    LATCHKEY_DEVICE_SESSION_SECONDS  = tostring(var.device_session_seconds)
    LATCHKEY_DIRECTORY_CACHE_SECONDS = tostring(var.directory_cache_seconds)
    # The visitor's address is then the one that called the CDN.
    LATCHKEY_TRUSTED_PROXIES = var.cdn == null ? "0" : "1"
    # Secrets Manager has the values. No parameter and no output does. A blank follows, so that the functions do not start with an empty value.
    LATCHKEY_PROXY_SECRETS         = local.proxy_secrets
    LATCHKEY_PAGE_NAME             = var.page_name
    LATCHKEY_PAGE_LOGO_URL         = var.page_logo_url
    LATCHKEY_PAGE_COLOR            = var.page_color
    LATCHKEY_PAGE_HELP_URL         = var.page_help_url
    LATCHKEY_SCOPES_SUPPORTED      = var.scopes_supported
    LATCHKEY_SERVICE_DOCUMENTATION = var.service_documentation
    # end of environment
  }

  # Just what it reads: it holds no key and knows no users.
  authorizer_environment = {
    # generated: environment of the authorizer
    LATCHKEY_CLIENTS_TABLE       = local.tables.clients.name
    LATCHKEY_TOKENS_TABLE        = local.tables.tokens.name
    LATCHKEY_SUBJECT             = var.subject
    LATCHKEY_NOT_BEFORE          = tostring(var.not_before)
    LATCHKEY_CHECK_TOKEN_CLIENT  = tostring(var.check_token_client)
    LATCHKEY_ROUTE_SCOPES        = jsonencode(var.route_scopes)
    LATCHKEY_TOKEN_CACHE_SECONDS = tostring(var.token_cache_seconds)
    # end of environment of the authorizer
  }
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = "/aws/lambda/${var.name}-${each.key}"
  retention_in_days = var.log_retention_days
  skip_destroy      = var.keep_logs
  tags              = var.tags
}

# A new object under the same name is a new package.
data "aws_s3_object" "package" {
  for_each = toset([for name, file in local.files : name if file == null])

  bucket = local.bucket
  key    = "${local.prefix}${each.key}-${var.architecture}.zip"
}

locals {
  # A bucket without versions calls the only one null.
  versions = { for name, object in data.aws_s3_object.package : name => object.version_id if !contains(["", "null"], coalesce(object.version_id, "null")) }
}

resource "aws_lambda_function" "function" {
  for_each = local.functions

  function_name                  = "${var.name}-${each.key}"
  description                    = "Latchkey: ${each.key}"
  role                           = aws_iam_role.function[each.key].arn
  architectures                  = [var.architecture]
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  filename                       = local.files[each.key]
  s3_bucket                      = try(data.aws_s3_object.package[each.key].bucket, null)
  s3_key                         = try(data.aws_s3_object.package[each.key].key, null)
  s3_object_version              = try(local.versions[each.key], null)
  source_code_hash               = try(data.aws_s3_object.package[each.key].etag, filebase64sha256(local.files[each.key]))
  memory_size                    = each.value.memory_size
  reserved_concurrent_executions = each.value.reserved_concurrency
  publish                        = true
  tags                           = var.tags

  # A function answers within nine seconds, with a 503 of its own if need be.
  timeout = 10

  environment {
    variables = each.value.environment
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  # The first start already asks KMS for the sealing keys, and writes to the log group that has its name.
  depends_on = [aws_iam_role_policy.function, aws_cloudwatch_log_group.function]

  lifecycle {
    # Lambda has 4 KB for all variables. The other texts have bounds of their own.
    precondition {
      condition     = length(var.issuer_url) + length(var.page_logo_url) + length(coalesce(local.own_name, "-")) <= 1500
      error_message = "issuer_url, page_logo_url and the name of domain or cdn are longer than 1500 characters together, which is more than Lambda takes."
    }
  }
}

resource "aws_lambda_alias" "live" {
  for_each = local.functions

  name             = "live"
  description      = "The version that is invoked"
  function_name    = aws_lambda_function.function[each.key].function_name
  function_version = coalesce(each.value.live_version, aws_lambda_function.function[each.key].version)

  # check.tf: a version that does not answer as it should never gets live.
  depends_on = [aws_lambda_invocation.check]
}
