package labpack.depsync;

import java.io.File;
import labpack.conf.ServerConf;
import labpack.conf.Xml;
import labpack.core.spi.Part;
import labpack.log.Log;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.w3c.dom.Element;

/** The deployment synchronizer by Subversion, before anything is deployed: carbon.xml says what it does (procedure 3.1). */
public final class Activator implements BundleActivator, Part {
    private Synchronizer synchronizer;

    @Override
    public void start(BundleContext context) {
        context.registerService(Part.class, this, null);
    }

    @Override
    public void stop(BundleContext context) {
    }

    @Override
    public int rank() {
        return 20;
    }

    @Override
    public void start() throws Exception {
        ServerConf conf = ServerConf.get();
        Element own = conf.synchronizer;
        if (own == null || !"true".equals(Xml.text(own, "Enabled", "false"))) {
            return;
        }
        String type = Xml.text(own, "RepositoryType", "registry");
        // Without its jars the client says nothing by itself; all that is seen is this (procedure 3.1, row 11).
        if (!"svn".equals(type) || !hasClient()) {
            Log.error("org.wso2.carbon.deployment.synchronizer.internal.DeploymentSynchronizerComponent",
                    "No Repository found for type " + type, null);
            return;
        }
        String url = Xml.text(own, "SvnUrl", "").replaceAll("/+$", "");
        if ("true".equals(Xml.text(own, "SvnUrlAppendTenantId", "false"))) {
            url += "/-1234";
        }
        boolean commits = "true".equals(Xml.text(own, "AutoCommit", "false")) && !conf.worker;
        Subversion client = new Subversion(conf.deployment(), url, Xml.text(own, "SvnUser", ""),
                Xml.text(own, "SvnPassword", ""), new File(conf.home, "tmp/subversion"));
        synchronizer = new Synchronizer(client, commits, "true".equals(Xml.text(own, "AutoCheckout", "true")));
        synchronizer.begin();
    }

    private static boolean hasClient() {
        try {
            Class.forName("org.tmatesoft.svn.core.wc.SVNClientManager");
            return true;
        } catch (ClassNotFoundException | LinkageError missing) {
            return false;
        }
    }

    @Override
    public void stop() {
        if (synchronizer != null) {
            synchronizer.end();
        }
    }
}
