"""A small OpenID Connect provider on this machine: discovery, authorization, token, user info and keys."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "lianfang", "a word between the two"


class Provider:
    """`who` is the person who sits at the provider; `asked` counts the requests it got."""

    def __init__(self) -> None:
        self.who: dict[str, Any] = {"sub": "0001"}
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, parse_qs(urlsplit(self.path).query))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                provider.answer(self, parse_qs(body))

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def environ(self, claim: str = "") -> dict[str, str]:
        """What an operator would set."""
        return {
            "LIANFANG_OIDC_ISSUER": self.issuer,
            "LIANFANG_OIDC_CLIENT_ID": CLIENT,
            "LIANFANG_OIDC_SECRET": SECRET,
            "LIANFANG_OIDC_NAME": "区统一身份",
            "LIANFANG_OIDC_CLAIM": claim,
        }

    def answer(self, request: BaseHTTPRequestHandler, given: dict[str, list[str]]) -> None:
        path = urlsplit(request.path).path
        self.asked.append(path)
        said = {name: values[0] for name, values in given.items()}
        if path == "/authorize":
            code = secrets.token_urlsafe(8)
            self.codes[code] = said
            request.send_response(302)
            request.send_header(
                "Location", said["redirect_uri"] + "?" + urlencode({"code": code, "state": said["state"]})
            )
            request.end_headers()
            return
        body = {
            "/.well-known/openid-configuration": self._discovery,
            "/token": lambda: self._token(said),
            "/userinfo": lambda: self.who,
            "/keys": lambda: {"keys": []},
        }[path]()
        content = json.dumps(body).encode()
        request.send_response(200 if "error" not in body else 400)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def _token(self, said: dict[str, str]) -> dict[str, Any]:
        asked = self.codes.pop(said.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(said.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if asked is None or said.get("client_secret") != SECRET or asked.get("code_challenge") != proof.decode():
            return {"error": "invalid_grant"}
        claims = {**self.who, "iss": self.issuer, "aud": CLIENT, "exp": 4102444800, "iat": 1}
        token = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "1"})
        return {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "id_token": token}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
