package io.maru.control.store;

import io.maru.control.app.Rejections;
import io.maru.control.v1.RunRejected;
import io.maru.platform.database.Database;
import io.maru.platform.error.Refusal;
import io.maru.platform.event.Fact;
import io.maru.platform.event.Inbox;
import io.maru.platform.event.Outbox;

/** {@link Rejections} by way of the outbox. */
public final class PostgresRejections implements Rejections {
    private final Database database;
    private final Inbox inbox;
    private final Outbox outbox;

    public PostgresRejections(Database database, Inbox inbox, Outbox outbox) {
        this.database = database;
        this.inbox = inbox;
        this.outbox = outbox;
    }

    @Override
    public void reject(String eventId, Refusal why) {
        database.run(sql -> {
            if (inbox.firstTime(sql, eventId)) {
                outbox.append(sql, rejected(eventId, why));
            }
        });
    }

    static Fact rejected(String requestId, Refusal why) {
        return Fact.of(
                "maru.run.rejected.v1",
                requestId,
                "",
                RunRejected.newBuilder()
                        .setRequestId(requestId)
                        .setReason(why.reason().name())
                        .setMessage(why.getMessage())
                        .build());
    }
}
