"""What every dialect needs to speak HTTP. Names no dialect and decides nothing about data."""
