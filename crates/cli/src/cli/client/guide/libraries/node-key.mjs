const pem = readFileSync(process.env.PRIVATE_KEY_FILE, "utf8");
const key = await crypto.subtle.importKey(
  "pkcs8",
  Buffer.from(pem.replace(/-----.*?-----/g, ""), "base64"),
{%- if guide.algorithm() == "ES256" %}
  { name: "ECDSA", namedCurve: "P-256" },
{%- else if guide.algorithm() == "EdDSA" %}
  "Ed25519",
{%- else if guide.algorithm() == "PS256" %}
  { name: "RSA-PSS", hash: "SHA-256" },
{%- else %}
  { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
{%- endif %}
  false,
  ["sign"],
);
