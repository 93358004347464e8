package io.maru.inference.store;

import io.maru.inference.domain.LoadedModel;
import io.maru.inference.v1.ModelLoaded;
import io.maru.platform.database.Database;
import io.maru.platform.event.Fact;
import io.maru.platform.event.Outbox;

/** What inference tells on {@code maru.inference.v1}. */
public final class ModelFacts {
    private final Database database;
    private final Outbox outbox;

    public ModelFacts(Database database, Outbox outbox) {
        this.database = database;
        this.outbox = outbox;
    }

    public void tellLoaded(LoadedModel model) {
        database.run(sql -> outbox.append(sql, loaded(model)));
    }

    /** {@code maru.model.loaded.v1} */
    static Fact loaded(LoadedModel model) {
        return Fact.of(
                "maru.model.loaded.v1",
                model.version(),
                "",
                ModelLoaded.newBuilder()
                        .setModelVersion(model.version())
                        .setParameters(model.parameters())
                        .build());
    }
}
