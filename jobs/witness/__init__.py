"""Witnesses: somebody outside sees the record before the truth is known, and we keep the proof.

attest, prove    the record witnessed; whether kept proofs hold
git, signatures, timestamps    the three kinds; signer, commands: programs that are asked
"""
