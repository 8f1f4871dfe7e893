#include "outcome.h"

static const struct {
    const char *name;
    const char *message;
} answers[OUTCOME_COUNT] = {
    [OUTCOME_OK] = {"ok", "Done"},
    [OUTCOME_INVALID_REQUEST] = {"invalid_request", "The request is not well formed"},
    [OUTCOME_UNSUPPORTED_VERSION] = {"unsupported_version",
                                     "This station speaks version 1 of the protocol only"},
    [OUTCOME_UNKNOWN_OP] = {"unknown_op", "There is no such operation"},
    [OUTCOME_NOT_ALLOWED] = {"not_allowed", "This operation is not offered at this endpoint"},
    [OUTCOME_INVALID_SIZE] = {"invalid_size", "The size must be small, medium or large"},
    [OUTCOME_NO_SPACE] = {"no_space", "No available compartment of size "},
    [OUTCOME_INVALID_CODE] = {"invalid_code", "Invalid access token code"},
    [OUTCOME_CODE_USED] = {"code_used", "Access token has already been used"},
    [OUTCOME_CODE_CANCELLED] = {"code_cancelled", "Access token has been cancelled"},
    [OUTCOME_CODE_EXPIRED] = {"code_expired", "Access token has expired"},
    [OUTCOME_UNKNOWN_COMPARTMENT] = {"unknown_compartment",
                                     "This station has no compartment of that name"},
    [OUTCOME_NOT_OCCUPIED] = {"not_occupied", "The compartment is not occupied"},
    [OUTCOME_NOT_EXPIRED] = {"not_expired", "The parcel in the compartment has not expired"},
    [OUTCOME_ID_REUSED] = {"id_reused", "The request id was used before with different contents"},
    [OUTCOME_TRY_LATER] = {"try_later", "Too many attempts, try again later"},
    [OUTCOME_STORAGE_UNAVAILABLE] =
        {"storage_unavailable", "The station cannot store changes now, retry with the same id"},
};

const char *outcome_name(enum outcome outcome)
{
    return answers[outcome].name;
}

const char *outcome_message(enum outcome outcome)
{
    return answers[outcome].message;
}
