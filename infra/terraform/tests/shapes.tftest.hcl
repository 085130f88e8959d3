# Other shapes of a deployment: packages in S3, another processor, roles that an account asks for. And their bounds.

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

  override_data {
    target = data.aws_secretsmanager_secret_version.cdn
    values = { secret_string = "{\"v1\":\"11111111111111111111111111111111\",\"v2\":\"22222222222222222222222222222222\"}" }
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
    values = { id = "ap-southeast-4" }
  }
  override_data {
    target = data.aws_s3_object.package
    values = { version_id = "3sL4kqtJlcpXroDTDmJ", etag = "0123456789abcdef0123456789abcdef" }
  }
}

variables {
  subject      = "v2"
  old_keys     = "none"
  route_scopes = {}
}

run "packages_can_be_in_s3" {
  command = plan
  variables {
    packages     = "s3://releases/latchkey/0.2.0"
    architecture = "x86_64"
  }
  assert {
    condition     = { for name, f in aws_lambda_function.function : name => f.s3_key } == { for name in keys(local.functions) : name => "latchkey/0.2.0/${name}-x86_64.zip" }
    error_message = "Each function has its object, by its own name and its processor's."
  }
  assert {
    condition     = alltrue([for f in aws_lambda_function.function : f.s3_bucket == "releases" && f.s3_object_version == "3sL4kqtJlcpXroDTDmJ" && f.filename == null])
    error_message = "The version of the object is the one that is there, so that a new object is a new package."
  }
  assert {
    condition     = alltrue([for f in aws_lambda_function.function : f.architectures == tolist(["x86_64"])])
    error_message = "The functions have the processor that was asked for."
  }
}

run "a_bucket_has_no_prefix_unless_one_is_given" {
  command = plan
  variables {
    packages      = "s3://releases"
    issue_package = "versions.tf"
  }
  assert {
    condition     = aws_lambda_function.function["refresh"].s3_key == "refresh-arm64.zip"
    error_message = "Without a prefix, the key is the name."
  }
  assert {
    condition     = aws_lambda_function.function["issue"].filename == "versions.tf" && aws_lambda_function.function["issue"].s3_key == null
    error_message = "A package of its own comes before the others."
  }
}

run "roles_have_the_path_and_the_boundary" {
  command = plan
  variables {
    packages             = "s3://releases"
    role_path            = "/services/"
    permissions_boundary = "arn:aws:iam::111122223333:policy/services/boundary"
  }
  assert {
    condition     = alltrue([for r in aws_iam_role.function : r.path == "/services/" && r.permissions_boundary == "arn:aws:iam::111122223333:policy/services/boundary"])
    error_message = "An account may demand both of every role."
  }
}

run "nothing_of_it_unless_asked" {
  command = plan
  variables {
    packages = "s3://releases"
  }
  assert {
    condition     = alltrue([for r in aws_iam_role.function : r.path == "/" && r.permissions_boundary == null])
    error_message = "Roles have no boundary unless one is given."
  }
  assert {
    condition     = alltrue([for g in concat(values(aws_cloudwatch_log_group.function), [aws_cloudwatch_log_group.api]) : g.skip_destroy])
    error_message = "Logs outlive the deployment."
  }
}

run "a_stage_can_be_taken_away" {
  command = plan
  variables {
    packages            = "s3://releases"
    keep_logs           = false
    deletion_protection = false
  }
  assert {
    condition     = alltrue([for g in concat(values(aws_cloudwatch_log_group.function), [aws_cloudwatch_log_group.api]) : !g.skip_destroy])
    error_message = "Logs go with a stage."
  }
  assert {
    condition     = alltrue([for t in concat(aws_dynamodb_table.clients, aws_dynamodb_table.tokens, aws_dynamodb_table.users, aws_dynamodb_table.audit) : !t.deletion_protection_enabled])
    error_message = "Tables of a stage are not protected."
  }
}

run "the_longest_name_fits" {
  command = plan
  variables {
    packages = "s3://releases"
    name     = "a-name-of-thirty-two-characters1"
    cdn      = { secret = "latchkey/cdn", only = false }
  }
  # Of a region with one of the longest names.
  assert {
    condition     = alltrue([for name in concat([for r in aws_iam_role.function : r.name], [for f in aws_lambda_function.function : f.function_name], aws_cloudfront_function.refresh[*].name) : length(name) <= 64])
    error_message = "AWS takes 64 characters for names of roles and functions."
  }
}

run "refuses_no_packages" {
  command = plan
  variables {
    packages = null
  }
  expect_failures = [var.packages]
}

run "refuses_a_folder_without_packages" {
  command = plan
  variables {
    packages = "tests"
  }
  expect_failures = [var.packages]
}

run "refuses_a_bucket_that_cannot_be" {
  command = plan
  variables {
    packages = "s3://Releases/"
  }
  expect_failures = [var.packages]
}

run "refuses_a_processor_that_lambda_does_not_have" {
  command = plan
  variables {
    packages     = "s3://releases"
    architecture = "aarch64"
  }
  expect_failures = [var.architecture]
}

run "refuses_a_boundary_that_is_no_policy" {
  command = plan
  variables {
    packages             = "s3://releases"
    permissions_boundary = "arn:aws:iam::111122223333:role/boundary"
  }
  expect_failures = [var.permissions_boundary]
}

run "refuses_a_path_without_a_final_slash" {
  command = plan
  variables {
    packages  = "s3://releases"
    role_path = "/services"
  }
  expect_failures = [var.role_path]
}

run "refuses_a_tag_that_is_aws_own" {
  command = plan
  variables {
    packages = "s3://releases"
    tags     = { "aws:service" = "latchkey" }
  }
  expect_failures = [var.tags]
}

run "refuses_texts_that_lambda_has_no_room_for" {
  command = plan
  variables {
    packages      = "s3://releases"
    page_logo_url = "https://example.org/${join("", [for letter in range(1000) : "ll"])}"
  }
  expect_failures = [aws_lambda_function.function]
}
