// Sends refreshes to the function that does nothing else. Existing clients post them to the other path; the path is not
// signed, so the signature still holds. What is unusual (a repeated or encoded name) stays as it is: the function issue
// answers refreshes too.
function handler(event) {
  var request = event.request;
  var grantType = request.querystring.grant_type;
  if (
    request.method === 'POST' &&
    request.uri === '/oauth2/accessToken' &&
    grantType &&
    !grantType.multiValue &&
    grantType.value === 'refresh_token'
  ) {
    request.uri = '/oauth2/refreshToken';
  }
  return request;
}
