/** The API of Fatture in Cloud, which is the issuer of its notifications too. */
export const fattureInCloudUrl = 'https://api-v2.fattureincloud.it';

/**
 * The key with which Fatture in Cloud signs its notifications, PEM. It is published on the Notifications page
 * of the developers' site and nowhere else: no JWKS, no key id, no word about its rotation.
 */
export const fattureInCloudWebhookKey = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/RoHIjgY7hfXfY5p/Jy+K/FguMZ4
3TvZ9t4eN7+kxQ0MJzKtowv4CcYTFqrBm7hMB5ZWKnqLz24D6lQjSL0Ysw==
-----END PUBLIC KEY-----
`;
