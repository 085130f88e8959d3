# The smallest deployment: build the functions, then apply this.
#
#   cargo lambda build --release --arm64 --output-format zip -p latchkey
#   terraform -chdir=infra/terraform/examples/basic init
#   terraform -chdir=infra/terraform/examples/basic apply -var subject=v2 -var old_keys=none -var 'route_scopes={}'
#
# It passes a few of the module's variables. For another one, write it into the module's block below.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}

variable "region" {
  description = "AWS region to deploy to."
  type        = string
  default     = "us-east-1"
}

variable "packages" {
  description = "Folder with a release's zip files, or in which cargo lambda put a folder for each function, or s3://BUCKET/PREFIX."
  type        = string
  default     = "../../../../target/lambda"
}

variable "sealing_key_names" {
  description = "Names of the sealing keys; the first seals, all of them open."
  type        = string
  default     = "v1"
}

variable "subject" {
  description = "What APIs call a user: v2 in a new deployment, legacy in one whose APIs know the older form."
  type        = string
}

variable "old_keys" {
  description = "What keys of before each set of functions had its own still do: none in a new deployment."
  type        = string
}

variable "route_scopes" {
  description = "Which scopes the authorizer asks for: {} lets no token pass, { \"*\" = \"\" } opens every route."
  type        = map(string)
}

variable "alarm_topic_arn" {
  description = "ARN of the SNS topic that alarms are sent to."
  type        = string
  default     = null
}

provider "aws" {
  region = var.region
}

module "latchkey" {
  source = "../.."

  name              = "latchkey"
  packages          = var.packages
  sealing_key_names = var.sealing_key_names
  subject           = var.subject
  old_keys          = var.old_keys
  route_scopes      = var.route_scopes
  alarm_topic_arn   = var.alarm_topic_arn
  tags              = { service = "latchkey" }
}

# Flat, so that `terraform output -raw clients_table` gives what an export takes.

output "region" {
  description = "AWS_REGION for the operator's commands."
  value       = var.region
}

output "api_url" {
  description = "URL of the API, as API Gateway names it."
  value       = module.latchkey.api_url
}

output "service_url" {
  description = "The base URL to give to clients: of the CDN's first alias, of the domain, of the CDN or of the API."
  value       = module.latchkey.service_url
}

output "access_token_url" {
  description = "Where clients get tokens."
  value       = module.latchkey.access_token_url
}

output "refresh_token_url" {
  description = "Where clients refresh."
  value       = module.latchkey.refresh_token_url
}

output "authorize_url" {
  description = "Where applications send users to sign in."
  value       = module.latchkey.authorize_url
}

output "introspect_url" {
  description = "Where APIs ask about tokens."
  value       = module.latchkey.introspect_url
}

output "revoke_url" {
  description = "Where clients revoke tokens."
  value       = module.latchkey.revoke_url
}

output "metadata_url" {
  description = "Where clients read what the service offers."
  value       = module.latchkey.metadata_url
}

output "authorizer_function_arn" {
  description = "ARN of the authorizer that other stacks attach to their APIs, by its alias."
  value       = module.latchkey.authorizer_function_arn
}

output "authorizer_uri" {
  description = "The same, as an API's authorizer names it (authorizer_uri)."
  value       = module.latchkey.authorizer_uri
}

output "domain_url" {
  description = "URL at the domain of one's own, or null."
  value       = module.latchkey.domain_url
}

output "domain_target" {
  description = "What a DNS record of that domain must point to, or null."
  value       = module.latchkey.domain_target
}

output "cdn_url" {
  description = "URL of the CDN, or null."
  value       = module.latchkey.cdn_url
}

output "cdn_target" {
  description = "What DNS records of the CDN's aliases must point to, or null."
  value       = module.latchkey.cdn_target
}

output "dashboard_url" {
  description = "URL of the dashboard."
  value       = module.latchkey.dashboard_url
}

output "clients_table" {
  description = "Name of the table of clients."
  value       = module.latchkey.clients_table
}

output "tokens_table" {
  description = "Name of the table of grants and tokens."
  value       = module.latchkey.tokens_table
}

output "users_table" {
  description = "Name of the table of users, institutions and sign-in attempts."
  value       = module.latchkey.users_table
}

output "audit_table" {
  description = "Name of the table of the operators' records."
  value       = module.latchkey.audit_table
}

output "sealing_key_arn" {
  description = "ARN of the key in KMS that the keys of client secrets are derived from."
  value       = module.latchkey.sealing_key_arn
}

output "pages_key_arn" {
  description = "ARN of the key in KMS that the keys of the pages are derived from."
  value       = module.latchkey.pages_key_arn
}

output "requests_key_arn" {
  description = "ARN of the key in KMS that the keys of pushed authorization requests are derived from."
  value       = module.latchkey.requests_key_arn
}

output "sealing_key_names" {
  description = "Names of the sealing keys that the functions have, for LATCHKEY_SEALING_KEY_NAMES."
  value       = module.latchkey.sealing_key_names
}

output "old_keys" {
  description = "What the old keys still do, for LATCHKEY_OLD_KEYS."
  value       = module.latchkey.old_keys
}

output "check_token_client" {
  description = "Whether the functions ask about the client of a token, for LATCHKEY_CHECK_TOKEN_CLIENT."
  value       = module.latchkey.check_token_client
}

output "operator_environment" {
  description = "All of these for the operator's commands, as one line for a shell."
  value       = module.latchkey.operator_environment
}

output "operator_policy" {
  description = "What operators must be allowed, as a policy that IAM reads."
  value       = module.latchkey.operator_policy
}

output "function_names" {
  description = "Names of the functions."
  value       = module.latchkey.function_names
}

output "live_versions" {
  description = "The versions that the API invokes. Note them before an upgrade: live_versions takes them for a roll-back."
  value       = module.latchkey.live_versions
}
