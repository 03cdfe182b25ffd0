/*
 * Business rule for ServiceNow: sends what a request to an LLM used, and nothing that anybody
 * wrote, to Kafka by Stream Connect.
 *
 *   Table    sys_generative_ai_log
 *   When     after, on insert and on update, active; no condition
 *   Needs    Stream Connect for Apache Kafka; the system property tollwatch.topic_sys_id, with the
 *            sys_id of the topic's record
 *
 * Only the columns in FIELDS leave the instance. Prompt, response, error text, documents and
 * metadata stay: the script never reads them, but for the HTTP code in the error text.
 * The language is that of the platform's older engine (ECMAScript 5), so that it runs everywhere.
 */
(function executeRule(current, previous /* null on insert */) {
    'use strict';

    /* The allow-list. What is not here is not sent; add nothing that a person wrote. */
    var FIELDS = [
        'sys_id', 'sys_created_on', 'started_at', 'completed_at', 'status', 'error_code',
        'source', 'definition', 'skill_config_id', 'derived_scope', 'model_name', 'model_version',
        'external', 'prompt_token_count', 'response_token_count', 'time_taken', 'conversation'
    ];

    /* The sys_id of the user, for figures by group. tollwatch keeps a keyed fingerprint of it. */
    var WITH_CALLER = String(gs.getProperty('tollwatch.with_caller', 'false')) === 'true';

    /* A finished row has a status and a time of completion; each row is sent once, when it has. */
    function isFinished(row) {
        return !!(row && row.getValue('status') && row.getValue('completed_at'));
    }

    /* The error's HTTP code alone: the text around it may quote the prompt. */
    function httpCode(row) {
        var found = /code:?\s*(\d{3})(?!\d)/i.exec(String(row.getValue('error') || ''));
        return found ? 'with code: ' + found[1] : '';
    }

    function messageOf(row) {
        var message = {}, fields = WITH_CALLER ? FIELDS.concat(['caller']) : FIELDS, i, value;
        for (i = 0; i < fields.length; i += 1) {
            if (row.isValidField(fields[i])) {
                /* getValue gives what is stored: times in UTC, references as sys_id. Display
                   values are translated and in the reader's own zone. */
                value = row.getValue(fields[i]);
                if (value !== null && value !== undefined && String(value) !== '') {
                    message[fields[i]] = String(value);
                }
            }
        }
        if (row.isValidField('error') && httpCode(row)) {
            message.error = httpCode(row);
        }
        return message;
    }

    var topic = gs.getProperty('tollwatch.topic_sys_id', '');
    if (!topic || !isFinished(current) || isFinished(previous)) {
        return;
    }
    try {
        new sn_ih_kafka.ProducerV2().send(
            topic,
            current.getUniqueValue(),
            JSON.stringify(messageOf(current)),
            false,
            { origin: 'tollwatch' },
            null
        );
    } catch (fault) {
        /* A log that cannot be sent must not stop the request that it is about; the fault's text
           may quote the message, so only its kind is logged. */
        gs.error('tollwatch: a row of sys_generative_ai_log was not sent (' + fault.name + ')');
    }
}(current, previous));
