"""Ways to sign in beside the password: authenticator app, passkey, the school's identity provider (ADR 0010)."""
