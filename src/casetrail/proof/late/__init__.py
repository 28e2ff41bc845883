"""Late data: histories of arrival, what a scheduled search sees of them, and the law that nothing is lost."""
