# The smallest deployment: build the functions, then apply this.
#
#   cargo lambda build --release --arm64 --output-format zip --no-default-features --features lambda
#   terraform -chdir=infra/terraform/examples/basic init
#   terraform -chdir=infra/terraform/examples/basic apply

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

variable "region" {
  description = "AWS region to deploy to."
  type        = string
  default     = "us-east-1"
}

variable "packages" {
  description = "Folder in which cargo lambda put a folder for each function."
  type        = string
  default     = "../../../../target/lambda"
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

  name            = "latchkey"
  issue_package   = "${var.packages}/issue/bootstrap.zip"
  refresh_package = "${var.packages}/refresh/bootstrap.zip"
  alarm_topic_arn = var.alarm_topic_arn
  tags            = { service = "latchkey" }
}

output "latchkey" {
  description = "Every URL, table and key."
  value       = module.latchkey
}
