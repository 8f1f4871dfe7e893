#include "message.h"

bool request_changes(const struct request *request)
{
    return request->operation == OP_CLOCK ? request->accept : operation_changes(request->operation);
}
