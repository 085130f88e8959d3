"""A client: gets tokens, refreshes the access token, and revokes both.

    LATCHKEY_URL=… LATCHKEY_CLIENT_ID=… LATCHKEY_SECRET=… python3 client.py
"""

import os

from wskey import Client

client = Client(os.environ["LATCHKEY_URL"], os.environ["LATCHKEY_CLIENT_ID"], os.environ["LATCHKEY_SECRET"])

tokens = client.post(
    "/oauth2/accessToken",
    grant_type="client_credentials",
    # With refresh_token among the scopes, the answer has a refresh token.
    scope="WMS_NCIP refresh_token",
    authenticatingInstitutionId="128807",
    contextInstitutionId="128807",
)
print("access token, good until", tokens["expires_at"])

# Send it to an API as the header Authorization: Bearer tk_… A refresh gives a new one; the refresh token stays.
refreshed = client.post("/oauth2/refreshToken", grant_type="refresh_token", refresh_token=tokens["refresh_token"])
print("refreshed, good until", refreshed["expires_at"])

# This ends every token of the grant.
client.post("/oauth2/revoke", token=tokens["refresh_token"])
print("revoked")
