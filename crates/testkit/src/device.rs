//! A device without a browser, and the user who allows it with a browser elsewhere.

use crate::reply::Reply;
use crate::signer::Signer;
use crate::visitor::{PASSWORD, Visitor};
use crate::world::{ISSUE, World};

pub const DEVICE: &str = "/oauth2/device";
pub const DEVICE_AUTHORIZATION: &str = "/oauth2/device_authorization";

/// What a device sends that asks for its tokens.
pub fn polling(device_code: &str) -> String {
    format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code={device_code}")
}

impl World {
    /// Both codes of a device, which asks for tokens at 128807.
    pub async fn device(&self, signer: &Signer) -> Reply {
        let query = "scope=WMS_NCIP%20refresh_token&authenticatingInstitutionId=128807&contextInstitutionId=128807";
        let reply = self.ask(signer, DEVICE_AUTHORIZATION, query).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply
    }

    pub async fn poll(&self, signer: &Signer, device_code: &str) -> Reply {
        self.ask(signer, ISSUE, &polling(device_code)).await
    }

    /// A device code that alice has allowed.
    pub async fn allowed_device(&self, signer: &Signer) -> String {
        let begun = self.device(signer).await;
        let allowed = self.visitor().allow_device(begun.member("user_code")).await;
        assert_eq!(allowed.status, 200, "{}", allowed.text);
        begun.member("device_code").to_owned()
    }
}

impl Visitor<'_> {
    /// The page for the code, answered with it.
    pub async fn type_code(&self, user_code: &str) -> Reply {
        let form = self.get(DEVICE).await.form();
        self.post(DEVICE, &[("form", &form), ("user_code", user_code)]).await
    }

    /// Where an answer leads.
    pub async fn follow(&self, reply: &Reply) -> Reply {
        assert_eq!(reply.status, 303, "{}", reply.text);
        self.get(&format!("/oauth2/{}", reply.location())).await
    }

    /// Up to the question whether to allow the device: that page.
    pub async fn sign_in_for_device(&self, user_code: &str) -> Reply {
        let page = self.follow(&self.type_code(user_code).await).await;
        if page.text.contains("value=\"allow\"") {
            return page;
        }
        let form = page.form();
        let fields = [("form", form.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
        let page = self.follow(&self.post(DEVICE, &fields).await).await;
        assert!(page.text.contains("value=\"allow\""), "{}", page.text);
        page
    }

    pub async fn allow_device(&self, user_code: &str) -> Reply {
        let form = self.sign_in_for_device(user_code).await.form();
        self.post(DEVICE, &[("form", &form), ("action", "allow")]).await
    }
}
