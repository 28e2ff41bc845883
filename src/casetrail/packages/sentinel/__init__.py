"""Microsoft Sentinel: ARM templates of rules, watchlists and a workbook."""
