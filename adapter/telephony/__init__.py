"""Telephony providers behind one port."""
