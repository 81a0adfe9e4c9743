import CPostgres

/// Several steps sent to the server together and answered together: one round trip in place of up to three.
///
/// Only what leads to a statement goes ahead of it (BEGIN and the preparation), never another statement: a
/// statement that changes no row is no error, and those behind it in a pipeline would run all the same.
struct Pipeline {
    /// What the server answered; the caller frees the results.
    struct Answers {
        var begin: OpaquePointer?
        var preparation: OpaquePointer?
        var statement: OpaquePointer?
        /// Whether everything was sent. If not, the connection cannot be used any more.
        var isSent = false
        /// Whether the connection can be used for the next statement.
        var isInOrder = false
    }

    let pointer: OpaquePointer

    /// Sends the steps and waits for their answers.
    ///
    /// - Parameters:
    ///   - begin: the statement that begins a transaction, when it has not been sent yet.
    ///   - preparation: the statement, when the server does not know it yet.
    ///   - name: the name of the prepared statement.
    ///   - values: the statement's values.
    func run(begin: StaticString?, preparation: SQL?, name: String, values: BoundValues) -> Answers {
        var answers = Answers()
        guard send(begin, preparation, name, values) else { return answers }
        answers.isSent = true
        answers.isInOrder = true
        if begin != nil { answers.begin = receive(&answers.isInOrder) }
        if preparation != nil { answers.preparation = receive(&answers.isInOrder) }
        answers.statement = receive(&answers.isInOrder)
        guard answers.isInOrder, PQstatus(pointer) == CONNECTION_OK else {
            answers.isInOrder = false
            return answers
        }
        // The mark that all answers are there.
        PQclear(PQgetResult(pointer))
        answers.isInOrder = PQexitPipelineMode(pointer) == 1
        return answers
    }

    private func send(_ begin: StaticString?, _ preparation: SQL?, _ name: String, _ values: BoundValues)
        -> Bool
    {
        guard PQenterPipelineMode(pointer) == 1 else { return false }
        if let begin {
            let isSent = PQsendQueryParams(pointer, begin.description, 0, nil, nil, nil, nil, 0)
            guard isSent == 1 else { return false }
        }
        if let preparation {
            let types = preparation.types.map(\.rawValue)
            let isSent = PQsendPrepare(pointer, name, preparation.text, values.count, types)
            guard isSent == 1 else { return false }
        }
        let isSent = values.withPointers {
            PQsendQueryPrepared(pointer, name, values.count, $0, nil, nil, 0)
        }
        return isSent == 1 && PQpipelineSync(pointer) == 1
    }

    /// Reads the answer to one step.
    private func receive(_ isInOrder: inout Bool) -> OpaquePointer? {
        guard let result = PQgetResult(pointer) else { return nil }
        switch PQresultStatus(result) {
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            // libpq would repeat this answer for ever.
            isInOrder = false
        default:
            // A null ends each step's answers; on a broken connection there may be nothing to wait for.
            while PQstatus(pointer) == CONNECTION_OK, let more = PQgetResult(pointer) { PQclear(more) }
        }
        return result
    }
}
