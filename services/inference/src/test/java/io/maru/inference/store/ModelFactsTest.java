package io.maru.inference.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.inference.domain.LoadedModel;
import io.maru.platform.event.Fact;
import io.maru.proto.GoldenEvent;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ModelFactsTest {
    @Test
    void aLoadedModelIsToldAsItsConsumersReadIt() {
        GoldenEvent golden = GoldenEvent.read("maru.model.loaded.v1");

        Fact fact = ModelFacts.loaded(new LoadedModel(
                "workspaces/default/models/tiny-stories/versions/1", 3_189_248, 4096, 256, Instant.EPOCH));

        assertThat(fact.type()).isEqualTo(golden.type());
        assertThat(fact.subject()).isEqualTo(golden.key());
        assertThat(fact.data()).isEqualTo(golden.bytes());
    }
}
