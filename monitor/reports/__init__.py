"""Figures from the ledger, and the reports that auditors can check."""
