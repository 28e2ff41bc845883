"""What can run a plan or a query over events and say which events match."""
