"""What public screens say, by language."""
