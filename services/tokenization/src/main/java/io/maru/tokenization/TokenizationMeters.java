package io.maru.tokenization;

import io.maru.tokenization.app.EncodingCounts;
import io.maru.tokenization.domain.TokenShard;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;

/** The meters of tokenization. */
@Singleton
class TokenizationMeters implements EncodingCounts {
    private final MeterRegistry meters;

    TokenizationMeters(MeterRegistry meters) {
        this.meters = meters;
    }

    @Override
    public void encoded(TokenShard shard, Duration took) {
        meters.timer("maru_tokenization_shard_encoding").record(took);
        meters.counter("maru_tokenization_encoded_tokens").increment((double) shard.tokens());
        meters.counter("maru_tokenization_encoded_text_bytes").increment((double) shard.textBytes());
    }
}
