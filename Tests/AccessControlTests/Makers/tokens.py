"""Makes and reads tokens with libraries of others.

tokens.py make LIBRARY ALGORITHM KEYFILE CLAIMS    prints a token with these claims, a JSON text
tokens.py read LIBRARY ALGORITHM KEYFILE TOKEN     prints the claims of a token that its key has signed
"""

import json
import sys

what, library, algorithm, key_file, text = sys.argv[1:]
with open(key_file, "rb") as file:
    key = file.read()
# A line end behind a secret is no part of it.
if algorithm == "HS256":
    key = key.rstrip(b"\r\n")

if library == "PyJWT":
    import jwt

    if what == "make":
        print(jwt.encode(json.loads(text), key, algorithm=algorithm))
    else:
        options = {"verify_aud": False}
        print(json.dumps(jwt.decode(text, key, algorithms=[algorithm], options=options)))
else:
    from joserfc import jwt
    from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

    kind = {"HS256": OctKey, "RS256": RSAKey, "ES256": ECKey, "EdDSA": OKPKey}[algorithm]
    key = kind.import_key(key)
    if what == "make":
        print(jwt.encode({"alg": algorithm}, json.loads(text), key, algorithms=[algorithm]))
    else:
        print(json.dumps(jwt.decode(text, key, algorithms=[algorithm]).claims))
