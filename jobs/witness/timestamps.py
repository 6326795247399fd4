"""Time stamps by RFC 3161: an authority signs a statement together with its own clock's time.

What it answers is kept whole and checked without it: the authority's certificates are a file, and
they must have been valid at the moment that the stamp states, not today.
"""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.errors import WitnessError
from forecast.store.witnesses import Testimony, WitnessedEntry

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_PLAINER = {
    "Mismatch between messages": "the stamp is of another text than this statement",
    "Nonce mismatch": "the stamp answers another request",
}
MAX_ANSWER_BYTES = 100_000  # bytes of an answer; an authority's takes some thousands


def ask(address: str, statement: WitnessedEntry, trusted: Path, seconds: float) -> Testimony:
    """Return a time stamp of a statement, checked, seen by the authority.

    WitnessError if it cannot be had or does not hold.
    """
    import httpx
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    from jobs import exchange

    request = (
        TimestampRequestBuilder()
        .data(statement.line())
        .hash_algorithm(HashAlgorithm.SHA256)
        .cert_request(cert_request=True)
        .build()
    )
    # The certificate comes with the answer: an authority renews its own every few years.
    headers = {"Content-Type": "application/timestamp-query"}
    try:
        with exchange.client() as http:
            answer, content, whole = exchange.post(
                http, address, request.as_bytes(), headers, seconds=seconds, most=MAX_ANSWER_BYTES
            )
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        problem = f"the authority does not answer: {str(error) or type(error).__name__}"
        raise WitnessError("time stamp", problem) from None
    problem = ""
    if not answer.is_success:
        problem = f"the authority answers {answer.status_code}"
    elif len(content) > MAX_ANSWER_BYTES:
        problem = f"the authority's answer has over {MAX_ANSWER_BYTES:,} bytes"
    elif not whole:
        problem = f"the authority's answer did not end within {seconds:g} seconds"
    if problem:
        raise WitnessError("time stamp", problem)
    return Testimony(*check(content, statement, trusted, request.nonce), content)


def check(
    answer: bytes, statement: WitnessedEntry, trusted: Path, nonce: int | None = None
) -> tuple[str, str]:
    """Return what a kept answer says: the moment, UTC, ISO 8601, by the authority so named.

    trusted : PEM file of the authority's root and what is between. nonce : of the request.
    WitnessError if it does not hold for this statement.
    """
    from cryptography.x509 import load_der_x509_certificate
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    known = certificates(trusted)
    try:
        response = decode_timestamp_response(answer)
        if response.status > 1:  # neither granted nor granted with modifications
            status = "; ".join(response.status_string) or f"status {response.status}"
            raise WitnessError("time stamp", f"the authority refuses: {status}")
        at = response.tst_info.gen_time.astimezone(UTC)
        sent = map(load_der_x509_certificate, response.signed_data.certificates)
        signers = {(s.issuer, s.serial_number) for s in response.signed_data.signer_infos}
        own = [c for c in (*sent, *known) if (c.issuer, c.serial_number) in signers]
        if not own:
            raise ValueError("the authority's certificate is neither in its answer nor in the file")
        # The library sees that too, but says only that a chain cannot be built.
        if at > own[0].not_valid_after_utc:
            until = f"{own[0].not_valid_after_utc:%Y-%m-%d}"
            when = f"{until}, before the stamp's own time, {at:%Y-%m-%d}"
            raise ValueError(f"the authority's certificate expired on {when}")
        roots = [certificate for certificate in known if certificate.issuer == certificate.subject]
        between = [certificate for certificate in known if certificate not in roots]
        VerifierBuilder(roots=roots, intermediates=between, nonce=nonce).build().verify_message(
            response, statement.line()
        )
    except (ValueError, VerificationError) as error:
        text = str(error)
        if text.startswith("Error while verifying certificates"):
            text = f"the stamp is not by an authority of {trusted.name}, or was altered ({text})"
        raise WitnessError("time stamp", _PLAINER.get(text, text), grave=True) from None
    return at.isoformat(timespec="seconds"), own[0].subject.rfc4514_string()


def certificates(trusted: Path) -> list[Certificate]:
    """Return those in a PEM file; WitnessError if there is no root among them."""
    from cryptography import x509

    try:
        loaded = x509.load_pem_x509_certificates(trusted.read_bytes())
    except (OSError, ValueError) as error:
        raise WitnessError("time stamp", f"{trusted}: no certificates: {error}") from None
    if not any(certificate.issuer == certificate.subject for certificate in loaded):
        problem = f"{trusted}: holds no root certificate, one that is signed by itself"
        raise WitnessError("time stamp", problem)
    return loaded
