#include "access_token.h"

bool access_token_is_empty(const struct access_token *token)
{
    return token->expires_at_ms == 0;
}

bool access_token_is_live(const struct access_token *token)
{
    return token->code_hash != 0;
}

bool access_token_is_spent(const struct access_token *token)
{
    return token->code_hash == 0 && token->expires_at_ms != 0;
}

uint32_t access_token_compartment_if_valid(const struct access_token *token, int64_t now_ms)
{
    return access_token_is_live(token) && now_ms < token->expires_at_ms ? token->compartment
                                                                        : COMPARTMENT_NONE;
}

uint32_t access_token_compartment(const struct access_token *token)
{
    return token->compartment;
}
