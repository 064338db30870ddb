"""The contract of the documents port, held against every engine.

* cases/: tables of what MongoDB answers, by family; case.py says what a case is. To add one, write a line.
* test_writes, test_reads, test_indexes, test_races: what the port promises beyond single answers.
* server_limits.json: what the independent server of scripts/contract_mongo.sh answers wrongly, by case.

`pytest tests/contracts` asks the embedded engine; scripts/contract_mongo.sh asks the aws engine too.
"""
