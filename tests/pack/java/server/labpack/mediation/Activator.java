package labpack.mediation;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import labpack.conf.ServerConf;
import labpack.core.spi.Part;
import labpack.core.spi.Tenants;
import labpack.log.Log;
import labpack.synapse.ArtifactDeployer;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Starts the ESB inside the server: its deployers, and the one line that tells a worker (real-run 2). */
public final class Activator implements BundleActivator, Part {
    private ArtifactDeployer apis;
    private ArtifactDeployer proxies;
    private final List<ArtifactDeployer> tenants = new CopyOnWriteArrayList<>();

    @Override
    public void start(BundleContext context) {
        context.registerService(Part.class, this, null);
    }

    @Override
    public void stop(BundleContext context) {
    }

    @Override
    public int rank() {
        return 25;
    }

    @Override
    public void start() throws Exception {
        Log.info("org.wso2.carbon.mediation.initializer.ServiceBusInitializer", "Starting ESB...");
        apis = new ArtifactDeployer(true);
        apis.begin();
        proxies = new ArtifactDeployer(false);
        proxies.begin();
        Tenants.listen((domain, folder) -> {
            ArtifactDeployer own = new ArtifactDeployer(folder, "/t/" + domain);
            own.begin();
            tenants.add(own);
        });
        if (ServerConf.get().worker) {
            Log.info("org.wso2.carbon.mediation.initializer.persistence.MediationPersistenceManager",
                    "This is a worker node, Mediation persistance manager will be disabled.");
        }
    }

    @Override
    public void stop() {
        if (apis != null) {
            apis.end();
        }
        if (proxies != null) {
            proxies.end();
        }
        tenants.forEach(ArtifactDeployer::end);
    }
}
