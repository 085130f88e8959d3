//! What a user answers a device, which hears of it by its next poll.

use bytes::Bytes;
use http::Response;

use super::browser::Browser;
use super::question::Known;
use crate::context::{RequestContext, Service};
use latchkey_oauth::client::Client;
use latchkey_oauth::error::{Denial, DeviceError};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::grants::authorization_code::request::Request;
use latchkey_oauth::grants::device_code::allow;
use latchkey_oauth::token::{GrantId, UserCode};

/// The user allows the device. The page says that it goes on there.
pub(super) async fn allowed(
    service: &Service,
    browser: &Browser<'_>,
    (client, request, user): (&Client, &Request, Known<'_>),
    ends: bool,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let permission = allow(client, request, user.principal.clone(), user.refresh_seconds, context.now)?;
    context.log_line.grant_type = Some(GrantType::DeviceCode);
    if !service.store.allow_device(&permission, &mut context.usage).await? {
        return Err(DeviceError::UserCodeUnknown.into());
    }
    context.log_line.grant_id = Some(permission.id);
    let pages = browser.pages();
    browser.ending(ends, |user| pages.back_to_device(&client.name, true, user))
}

/// The user does not. The device is told by its next poll.
pub(super) async fn denied(
    service: &Service,
    browser: &Browser<'_>,
    (client, code): (&Client, &UserCode),
    ends: bool,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let id = GrantId::of_user_code(code);
    if !service.store.deny_device(&id, context.now, &mut context.usage).await? {
        return Err(DeviceError::UserCodeUnknown.into());
    }
    context.log_line.grant_id = Some(id);
    context.log_line.refuse(&Denial::ConsentRefused);
    let pages = browser.pages();
    browser.ending(ends, |user| pages.back_to_device(&client.name, false, user))
}
