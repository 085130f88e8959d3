//! DynamoDB's operations, as the engine in this process has them: a document in, a status and a document out.

use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};

/// Answers an operation by its name. `None` where there is no such operation.
pub(super) fn answer(database: &Database, operation: &str, asked: &[u8]) -> Option<(u16, String)> {
    let answered = match operation {
        "BatchExecuteStatement" => typed(asked, |asked| database.batch_execute_statement(asked)),
        "BatchGetItem" => typed(asked, |asked| database.batch_get_item(asked)),
        "BatchWriteItem" => typed(asked, |asked| database.batch_write_item(asked)),
        "CreateTable" => typed(asked, |asked| database.create_table(asked)),
        "DeleteItem" => typed(asked, |asked| database.delete_item(asked)),
        "DeleteTable" => typed(asked, |asked| database.delete_table(asked)),
        "DescribeStream" => typed(asked, |asked| database.describe_stream(asked)),
        "DescribeTable" => typed(asked, |asked| database.describe_table(asked)),
        "DescribeTimeToLive" => typed(asked, |asked| database.describe_time_to_live(asked)),
        "ExecuteStatement" => typed(asked, |asked| database.execute_statement(asked)),
        "ExecuteTransaction" => typed(asked, |asked| database.execute_transaction(asked)),
        "GetItem" => typed(asked, |asked| database.get_item(asked)),
        "GetRecords" => typed(asked, |asked| database.get_records(asked)),
        "GetShardIterator" => typed(asked, |asked| database.get_shard_iterator(asked)),
        "ListStreams" => typed(asked, |asked| database.list_streams(asked)),
        "ListTables" => typed(asked, |asked| database.list_tables(asked)),
        "ListTagsOfResource" => typed(asked, |asked| database.list_tags_of_resource(asked)),
        "PutItem" => typed(asked, |asked| database.put_item(asked)),
        "Query" => typed(asked, |asked| database.query(asked)),
        "Scan" => typed(asked, |asked| database.scan(asked)),
        "TagResource" => typed(asked, |asked| database.tag_resource(asked)),
        "TransactGetItems" => typed(asked, |asked| database.transact_get_items(asked)),
        "TransactWriteItems" => typed(asked, |asked| database.transact_write_items(asked)),
        "UntagResource" => typed(asked, |asked| database.untag_resource(asked)),
        "UpdateItem" => typed(asked, |asked| database.update_item(asked)),
        "UpdateTable" => typed(asked, |asked| database.update_table(asked)),
        "UpdateTimeToLive" => typed(asked, |asked| database.update_time_to_live(asked)),
        _ => return None,
    };
    Some(answered.map_or_else(|error| (error.status_code(), error.to_json()), |answer| (200, answer)))
}

/// Reads what is asked, lets the engine do it, and writes what it answers.
pub(super) fn typed<Asked: DeserializeOwned, Answer: Serialize>(
    asked: &[u8],
    operation: impl FnOnce(Asked) -> Result<Answer, DynoxideError>,
) -> Result<String, DynoxideError> {
    let asked =
        serde_json::from_slice(asked).map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
    serde_json::to_string(&operation(asked)?).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
