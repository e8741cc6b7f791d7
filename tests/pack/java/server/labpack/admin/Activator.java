package labpack.admin;

import labpack.core.spi.Services;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Brings the admin services; on workers too, where they refuse. */
public final class Activator implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        Services.put("ServerAdmin", new ServerAdmin());
        Services.put("AuthenticationAdmin", new AuthenticationAdmin());
    }

    @Override
    public void stop(BundleContext context) {
        Services.remove("ServerAdmin");
        Services.remove("AuthenticationAdmin");
    }
}
