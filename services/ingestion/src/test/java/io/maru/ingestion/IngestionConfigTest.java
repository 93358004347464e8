package io.maru.ingestion;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class IngestionConfigTest {
    @Test
    void hasTheseDefaults() {
        IngestionConfig config = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(IngestionConfig.class)
                .withDefaultValue("java.io.tmpdir", "/t")
                .build()
                .getConfigMapping(IngestionConfig.class);

        assertThat(config.workDirectory()).isEqualTo(Path.of("/t/maru-ingestion"));
        assertThat(config.maxFileBytes()).isEqualTo(8L << 30);
        assertThat(config.maxLineBytes()).isEqualTo(1 << 20);
        assertThat(config.maxUploads()).isEqualTo(8);
        assertThat(config.uploadIdleMillis()).isEqualTo(60_000);
        assertThat(config.documentBytes()).isEqualTo(2048);
        assertThat(config.maxDocumentBytes()).isEqualTo(64 << 10);
        assertThat(config.shardBytes()).isEqualTo(4 << 20);
        assertThat(config.maxDocuments()).isEqualTo(3_000_000);
        assertThat(config.progressMillis()).isEqualTo(500);
        assertThat(config.watchMillis()).isEqualTo(250);
    }
}
