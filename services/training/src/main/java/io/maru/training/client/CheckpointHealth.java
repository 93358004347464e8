package io.maru.training.client;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Not ready while the checkpoint service does not answer: no job could begin or end. */
@Readiness
@ApplicationScoped
class CheckpointHealth implements HealthCheck {
    private final CheckpointClient checkpoints;

    CheckpointHealth(CheckpointClient checkpoints) {
        this.checkpoints = checkpoints;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("checkpoint service")
                .status(checkpoints.isReachable())
                .build();
    }
}
