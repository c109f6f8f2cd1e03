"""What the diary keeps on each course, in the transaction that changes what it follows from."""
