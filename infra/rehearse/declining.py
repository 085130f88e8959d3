"""moto's server. It declines a request in JSON, as DynamoDB, KMS and Secrets Manager do; moto itself declines in XML."""

import sys

from moto import server
from moto.core.exceptions import JsonRESTError
from moto.iam import access_control


class Declined(JsonRESTError):
    code = 400

    def __init__(self, user_arn, action):
        super().__init__("AccessDeniedException", f"User: {user_arn} is not authorized to perform: {action}")


access_control.AccessDeniedError = Declined
server.main(sys.argv[1:])
