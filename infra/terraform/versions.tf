terraform {
  # The tests need 1.11: mocks that give their values while planning.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}
